"""The nouns of the pipeline: frozen dataclasses, standard library only. Verbs live elsewhere."""

"""Load and check playbooks, match them against facts, merge findings across instances. Pure, but for reading playbook files."""

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "scale.h"

int brightness(picture *p) {
	int sum = 0;
	for (int i = 0; i < p->width * p->height; i++)
		sum += p->pixels[i]; /* a picture that was not loaded has no pixels */
	return sum;
}

void scale(picture *p, int percent) {
	if (percent <= 0) {
		fprintf(stderr, "scale.c: percent > 0 failed, got %d\n", percent);
		abort();
	}
	p->width = p->width * percent / 100;
}

void release_twice(picture *p) {
	free(p->pixels);
	free(p->pixels);
}

int average(picture *p) {
	return brightness(p) / (p->width * p->height); /* of an empty picture */
}

void sharpen(picture *p) {
	__builtin_trap(); /* stands for an instruction that this CPU does not have: the CPU answers the same */
}

void wait_for_scanner(int descriptor) {
	char ready;
	(void)!read(descriptor, &ready, 1);
}

int keep(void *record) {
	return record != NULL;
}

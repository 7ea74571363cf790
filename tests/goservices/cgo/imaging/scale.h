typedef struct {
	int width, height;
	unsigned char *pixels;
} picture;

int brightness(picture *p);
void scale(picture *p, int percent);
void release_twice(picture *p);
int average(picture *p);
void sharpen(picture *p);
void wait_for_scanner(int descriptor);
int keep(void *record);

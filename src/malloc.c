/*
 * glibc maps large blocks of memory each by itself and gives them back once they are freed. But it begins so at
 * 128 KiB only at first: with each such block that is freed it raises the threshold to its size, up to 32 MiB, and
 * what is smaller comes out of heaps that shrink at their ends alone. A dashboard that makes a new picture of large
 * tables every few moments then holds nearly twice what it needs. A threshold that was set stays.
 *
 * With it stays the size of the free end at which a heap shrinks, 128 KiB: buffers of files that are read would be
 * given back and cleared anew a few thousand times a second. They may wait.
 *
 * In C, since Rust could call this only where `unsafe` is allowed, which it is nowhere here.
 */
#include <malloc.h>

__attribute__((constructor)) static void keep_thresholds(void) {
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    mallopt(M_TRIM_THRESHOLD, 8 * 1024 * 1024);
}

#pragma once

// A function so marked is compiled twice, for AVX2 and for any x86-64, and chosen when the program starts. Floating
// point is never contracted or reordered here, so both give the same bits. Not under the thread sanitizer, which cannot
// run the choosing function: that happens before it has started.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define LOOPGATE_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define LOOPGATE_CLONES
#endif

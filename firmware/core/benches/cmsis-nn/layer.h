/* A layer and what it reads. Tensors are [H, W, C]. */
#ifndef LAYER_H
#define LAYER_H

#include <stdint.h>

enum kind
{
    CONVOLUTION,
    DEPTHWISE,
    DENSE,
    MAX_POOL,
    AVERAGE_POOL,
    ADD,
};

struct layer
{
    const char *name;
    enum kind kind;
    int32_t in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t window_h, window_w;
    int32_t stride_h, stride_w;
    int32_t pad_top, pad_left;
};

/* The scale of a sum: multiplier / 2^31 * 2^shift. */
struct scale
{
    int32_t multiplier;
    int32_t shift;
};

/* Zero points, which all layers here share. */
enum
{
    INPUT_ZERO = -128,
    OUTPUT_ZERO = 0,
    LEAST = -128,
    MOST = 127,
    ADD_SHIFT = 20,
};

struct tensors
{
    const int8_t *input;
    const int8_t *other; /* the second input of ADD */
    const int8_t *weights; /* [out_c, window_h, window_w, in_c]; DEPTHWISE [window_h, window_w, in_c] */
    const int32_t *bias;
    int32_t *multiplier; /* one for each channel */
    int32_t *shift;
    struct scale tensor; /* of DENSE, and of the output of ADD */
    struct scale first, second; /* of the inputs of ADD */
};

#endif

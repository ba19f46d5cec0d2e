#include "reference.h"

static int32_t shifted_right(int64_t value, int32_t by)
{
    /* Half away from zero. */
    const int64_t half = by > 0 ? (int64_t)1 << (by - 1) : 0;
    return (int32_t)(value >= 0 ? (value + half) >> by : -((-value + half) >> by));
}

static int32_t requantised(int32_t sum, int32_t multiplier, int32_t shift)
{
#ifdef CMSIS_NN_USE_SINGLE_ROUNDING
    const int32_t by = 31 - shift;
    return (int32_t)(((int64_t)sum * multiplier + ((int64_t)1 << (by - 1))) >> by);
#else
    const int64_t left = shift > 0 ? (int64_t)sum << shift : sum;
    const int64_t high = (left * multiplier + ((int64_t)1 << 30)) >> 31;
    return shifted_right(high, shift > 0 ? 0 : -shift);
#endif
}

static int8_t clamped(int32_t value)
{
    return (int8_t)(value < LEAST ? LEAST : value > MOST ? MOST : value);
}

/* The input's value there, or nothing's. */
static int32_t value_at(const struct layer *layer, const int8_t *input, int32_t y, int32_t x, int32_t channel)
{
    if (y < 0 || y >= layer->in_h || x < 0 || x >= layer->in_w)
    {
        return 0;
    }
    return input[(y * layer->in_w + x) * layer->in_c + channel] - INPUT_ZERO;
}

static int8_t convolved(const struct layer *layer, const struct tensors *tensors, int32_t y, int32_t x, int32_t out)
{
    const int depthwise = layer->kind == DEPTHWISE;
    const int32_t reads = depthwise ? 1 : layer->in_c;
    int32_t sum = tensors->bias[out];
    for (int32_t ky = 0; ky < layer->window_h; ky++)
    {
        for (int32_t kx = 0; kx < layer->window_w; kx++)
        {
            for (int32_t read = 0; read < reads; read++)
            {
                const int32_t channel = depthwise ? out : read;
                const int32_t tap = ky * layer->window_w + kx;
                const int32_t place = depthwise ? tap * layer->in_c + out
                                                : (out * layer->window_h * layer->window_w + tap) * reads + read;
                const int32_t row = y * layer->stride_h + ky - layer->pad_top;
                const int32_t column = x * layer->stride_w + kx - layer->pad_left;
                sum += tensors->weights[place] * value_at(layer, tensors->input, row, column, channel);
            }
        }
    }
    const int dense = layer->kind == DENSE;
    const int32_t multiplier = dense ? tensors->tensor.multiplier : tensors->multiplier[out];
    const int32_t shift = dense ? tensors->tensor.shift : tensors->shift[out];
    return clamped(requantised(sum, multiplier, shift) + OUTPUT_ZERO);
}

static int8_t pooled(const struct layer *layer, const struct tensors *tensors, int32_t y, int32_t x, int32_t channel)
{
    int32_t most = LEAST, sum = 0, count = 0;
    for (int32_t ky = 0; ky < layer->window_h; ky++)
    {
        for (int32_t kx = 0; kx < layer->window_w; kx++)
        {
            const int32_t row = y * layer->stride_h + ky, column = x * layer->stride_w + kx;
            const int32_t value = tensors->input[(row * layer->in_w + column) * layer->in_c + channel];
            most = value > most ? value : most;
            sum += value;
            count++;
        }
    }
    const int32_t mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
    return clamped(layer->kind == MAX_POOL ? most : mean);
}

static int8_t added(const struct tensors *tensors, int32_t at)
{
    const int32_t first = (tensors->input[at] - INPUT_ZERO) << ADD_SHIFT;
    const int32_t second = (tensors->other[at] - INPUT_ZERO) << ADD_SHIFT;
    const int32_t sum = requantised(first, tensors->first.multiplier, tensors->first.shift) +
                        requantised(second, tensors->second.multiplier, tensors->second.shift);
    return clamped(requantised(sum, tensors->tensor.multiplier, tensors->tensor.shift) + OUTPUT_ZERO);
}

void reference(const struct layer *layer, const struct tensors *tensors, int8_t *output)
{
    for (int32_t y = 0; y < layer->out_h; y++)
    {
        for (int32_t x = 0; x < layer->out_w; x++)
        {
            for (int32_t out = 0; out < layer->out_c; out++)
            {
                const int32_t at = (y * layer->out_w + x) * layer->out_c + out;
                switch (layer->kind)
                {
                case MAX_POOL:
                case AVERAGE_POOL:
                    output[at] = pooled(layer, tensors, y, x, out);
                    break;
                case ADD:
                    output[at] = added(tensors, at);
                    break;
                default:
                    output[at] = convolved(layer, tensors, y, x, out);
                }
            }
        }
    }
}

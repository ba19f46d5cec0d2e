/* Runs each layer of a network by CMSIS-NN and by its definition, and says how many
   instructions CMSIS-NN took and how many values differ. `layers.h` is generated. */
#include "arm_nnfunctions.h"
#include "board.h"
#include "layers.h"
#include "reference.h"

static int8_t input[MOST_INPUT], other[MOST_INPUT], weights[MOST_WEIGHTS], output[MOST_OUTPUT], expected[MOST_OUTPUT];
static int32_t bias[MOST_CHANNELS], multiplier[MOST_CHANNELS], shift[MOST_CHANNELS];
static int32_t scratch[MOST_SCRATCH / sizeof(int32_t)];

static uint32_t state;

static uint32_t random_word(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void fill(int8_t *values, int32_t count)
{
    for (int32_t at = 0; at < count; at++)
    {
        values[at] = (int8_t)(random_word() >> 24);
    }
}

static int32_t random_multiplier(void) { return (int32_t)(0x40000000u | (random_word() >> 2)); }

/* A shift that brings sums of so many products to the range of int8, most of them. */
static int32_t shift_for(int32_t products)
{
    int32_t bits = 8;
    for (int32_t spread = 1; spread * spread < products; spread *= 2)
    {
        bits++;
    }
    return -bits;
}

static int32_t products(const struct layer *layer)
{
    return layer->window_h * layer->window_w * (layer->kind == DEPTHWISE ? 1 : layer->in_c);
}

static struct tensors tensors_of(const struct layer *layer)
{
    struct tensors tensors = {.input = input, .other = other, .weights = weights, .bias = bias,
                              .multiplier = multiplier, .shift = shift};
    const int32_t count = layer->in_h * layer->in_w * layer->in_c;
    fill(input, count);
    fill(other, count);
    if (layer->kind == CONVOLUTION || layer->kind == DEPTHWISE || layer->kind == DENSE)
    {
        fill(weights, products(layer) * layer->out_c);
        for (int32_t channel = 0; channel < layer->out_c; channel++)
        {
            bias[channel] = (int32_t)random_word() >> 18;
            multiplier[channel] = random_multiplier();
            shift[channel] = shift_for(products(layer)) + (int32_t)(random_word() & 1);
        }
    }
    tensors.tensor = (struct scale){random_multiplier(), layer->kind == ADD ? -20 : shift_for(products(layer))};
    /* The larger scale is a half, as TensorFlow Lite chooses them. */
    tensors.first = (struct scale){0x40000000, 0};
    tensors.second = (struct scale){random_multiplier(), -1};
    return tensors;
}

static const cmsis_nn_activation WHOLE_RANGE = {LEAST, MOST};

static uint64_t instructions;

/* The call's result; `instructions` is what it took, from its arguments in memory on. */
#define COUNTED(call)                                                                                                  \
    __extension__({                                                                                                    \
        const uint64_t before = counter_read();                                                                        \
        const arm_cmsis_nn_status result = (call);                                                                     \
        instructions = counter_read() - before;                                                                        \
        result;                                                                                                        \
    })

static arm_cmsis_nn_status run(const struct layer *layer, const struct tensors *tensors)
{
    const cmsis_nn_context context = {.buf = scratch, .size = sizeof scratch};
    const cmsis_nn_dims in = {.n = 1, .h = layer->in_h, .w = layer->in_w, .c = layer->in_c};
    const cmsis_nn_dims out = {.n = 1, .h = layer->out_h, .w = layer->out_w, .c = layer->out_c};
    const cmsis_nn_dims of_bias = {.n = 1, .h = 1, .w = 1, .c = layer->out_c};
    const cmsis_nn_tile stride = {.w = layer->stride_w, .h = layer->stride_h};
    const cmsis_nn_tile padding = {.w = layer->pad_left, .h = layer->pad_top};
    const cmsis_nn_tile dilation = {.w = 1, .h = 1};
    const cmsis_nn_per_channel_quant_params by_channel = {.multiplier = tensors->multiplier, .shift = tensors->shift};
    const cmsis_nn_pool_params pool = {.stride = stride, .padding = padding, .activation = WHOLE_RANGE};
    const cmsis_nn_dims window = {.n = 1, .h = layer->window_h, .w = layer->window_w, .c = 1};
    switch (layer->kind)
    {
    case CONVOLUTION:
    {
        const cmsis_nn_conv_params params = {.input_offset = -INPUT_ZERO, .output_offset = OUTPUT_ZERO,
                                             .stride = stride, .padding = padding, .dilation = dilation,
                                             .activation = WHOLE_RANGE};
        const cmsis_nn_dims filter = {.n = layer->out_c, .h = layer->window_h, .w = layer->window_w, .c = layer->in_c};
        return COUNTED(arm_convolve_wrapper_s8(&context, &params, &by_channel, &in, tensors->input, &filter,
                                               tensors->weights, &of_bias, tensors->bias, &out, output));
    }
    case DEPTHWISE:
    {
        const cmsis_nn_dw_conv_params params = {.input_offset = -INPUT_ZERO, .output_offset = OUTPUT_ZERO, .ch_mult = 1,
                                                .stride = stride, .padding = padding, .dilation = dilation,
                                                .activation = WHOLE_RANGE};
        const cmsis_nn_dims filter = {.n = 1, .h = layer->window_h, .w = layer->window_w, .c = layer->out_c};
        return COUNTED(arm_depthwise_conv_wrapper_s8(&context, &params, &by_channel, &in, tensors->input, &filter,
                                                     tensors->weights, &of_bias, tensors->bias, &out, output));
    }
    case DENSE:
    {
        const cmsis_nn_fc_params params = {.input_offset = -INPUT_ZERO, .filter_offset = 0,
                                           .output_offset = OUTPUT_ZERO, .activation = WHOLE_RANGE};
        const cmsis_nn_per_tensor_quant_params by_tensor = {.multiplier = tensors->tensor.multiplier,
                                                            .shift = tensors->tensor.shift};
        const cmsis_nn_dims filter = {.n = products(layer), .h = 1, .w = 1, .c = layer->out_c};
        return COUNTED(arm_fully_connected_s8(&context, &params, &by_tensor, &in, tensors->input, &filter,
                                              tensors->weights, &of_bias, tensors->bias, &out, output));
    }
    case MAX_POOL:
        return COUNTED(arm_max_pool_s8(&context, &pool, &in, tensors->input, &window, &out, output));
    case AVERAGE_POOL:
        return COUNTED(arm_avgpool_s8(&context, &pool, &in, tensors->input, &window, &out, output));
    default:
        return COUNTED(arm_elementwise_add_s8(
            tensors->input, tensors->other, -INPUT_ZERO, tensors->first.multiplier, tensors->first.shift, -INPUT_ZERO,
            tensors->second.multiplier, tensors->second.shift, ADD_SHIFT, output, OUTPUT_ZERO,
            tensors->tensor.multiplier, tensors->tensor.shift, LEAST, MOST, layer->in_h * layer->in_w * layer->in_c));
    }
}

/* A loop of known length must be counted right, or nothing is. */
static int counts(void)
{
    const uint32_t rounds = 100000;
    const uint64_t before = counter_read();
    spin(rounds);
    const uint64_t counted = counter_read() - before;
    return counted >= 2 * rounds && counted <= 2 * rounds + 100;
}

int main(void)
{
    counter_start();
    if (!counts())
    {
        say("no instructions are counted: is QEMU told -icount shift=6?\n");
        return 1;
    }
    const uint64_t before_nothing = counter_read();
    const uint64_t nothing = counter_read() - before_nothing;
    state = 0x2545F491u;
    for (unsigned at = 0; at < sizeof LAYERS / sizeof *LAYERS; at++)
    {
        const struct layer *layer = &LAYERS[at];
        const struct tensors tensors = tensors_of(layer);
        const arm_cmsis_nn_status status = run(layer, &tensors);
        reference(layer, &tensors, expected);
        const int32_t count = layer->out_h * layer->out_w * layer->out_c;
        int32_t differ = status == ARM_CMSIS_NN_SUCCESS ? 0 : count, saturated = 0;
        for (int32_t value = 0; value < count; value++)
        {
            differ += output[value] != expected[value];
            saturated += expected[value] == LEAST || expected[value] == MOST;
        }
        say(layer->name);
        say(" ");
        say_number(instructions - nothing);
        say(" ");
        say_number((uint64_t)differ);
        say(" ");
        say_number((uint64_t)saturated * 100 / (uint64_t)count);
        say("\n");
    }
    return 0;
}

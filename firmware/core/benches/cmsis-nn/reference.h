/* Each kind of layer by its definition: int8 as TensorFlow Lite defines it, nothing fast. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "layer.h"

/* What `layer` gives for `tensors`, in `output`. */
void reference(const struct layer *layer, const struct tensors *tensors, int8_t *output);

#endif

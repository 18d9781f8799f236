// Compiled by both AssemblyScript and TypeScript: integer constants only, no imports and no types.

/** Output units a panel of weights holds; rows of activations, deltas and biases are padded to a multiple of it. */
export const PANEL = 16;

/** Bytes of an entry of a list of what is not zero, and of the span of one (see `assembly/sparse.ts`). */
export const ENTRY_BYTES = 8;
export const SPAN_BYTES = 8;

/** Most rows that one pass of the kernels sees; a larger batch runs in chunks into the gradient block. */
export const CHUNK_ROWS = 1024;

// Activation codes.
export const LINEAR = 0;
export const SIGMOID = 1;
export const TANH = 2;
export const RELU = 3;
export const LEAKY_RELU = 4;
export const SOFTMAX = 5;

// What a step tells its kernels beyond addresses and sizes: float64s, by their place.
/** The factor of what is taken off the parameters. */
export const RATE = 0;
/** What of the weights is added to their gradient, and what of them is taken off at once. */
export const DECAY = 1;
export const SHRINKAGE = 2;
/** What is kept of the mean gradient, and of the mean of its square. */
export const MOMENTUM = 3;
export const SQUARES = 4;
export const EPSILON = 5;
export const NESTEROV = 6;
/** The longest that the weights into a unit may be together; 0 for any. */
export const NORM = 7;
/** What dropout is drawn by: both words of the seed, and the epoch. */
export const SEED_LOW = 8;
export const SEED_HIGH = 9;
export const EPOCH = 10;
/** How many they are. */
export const SETTINGS = 11;

/** The stream of random draws that dropout takes (see `random.ts`). */
export const DROPOUT_STREAM = 6;

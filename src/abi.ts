// Compiled by both AssemblyScript and TypeScript: integer constants only, no imports and no types.

/** Output units a panel of weights holds; rows of activations, deltas and biases are padded to a multiple of it. */
export const PANEL = 16;

/** Bytes of an entry of a list of what is not zero, and of the span of one (see `assembly/sparse.ts`). */
export const ENTRY_BYTES = 8;
export const SPAN_BYTES = 8;

/** Most rows that one pass of the kernels sees; a larger batch runs in chunks into the gradient block. */
export const CHUNK_ROWS = 1024;

// The settings of the kernel `augment`, word by word: what draws are counted and keyed by (epoch, stream, two words of seed),
// sizes, bytes from the start of the scratch memory to its parts, and from AUGMENT_INPUT_SCALE on floats.
export const AUGMENT_EPOCH = 0;
export const AUGMENT_STREAM = 1;
export const AUGMENT_SEED = 2;
export const AUGMENT_HEIGHT = 4;
export const AUGMENT_WIDTH = 5;
export const AUGMENT_STRIDE = 6;
export const AUGMENT_GRID_HEIGHT = 7;
export const AUGMENT_GRID_WIDTH = 8;
export const AUGMENT_NODES = 9;
export const AUGMENT_LINES = 10;
export const AUGMENT_IMAGE = 11;
export const AUGMENT_THICK = 12;
export const AUGMENT_END = 13;
export const AUGMENT_INPUT_SCALE = 14;
export const AUGMENT_DENSITY = 15;
export const AUGMENT_AMPLITUDE = 16;
export const AUGMENT_MIDDLES = 17;
export const AUGMENT_REACHES = 25;
export const AUGMENT_WORDS = 33;

/** The random changes, by their place among the middles and reaches of eight ranges. */
export const DRAWN_SHIFT_X = 0;
export const DRAWN_SHIFT_Y = 1;
export const DRAWN_ROTATION = 2;
export const DRAWN_SCALE = 3;
export const DRAWN_SHEAR = 4;
export const DRAWN_THICKNESS = 5;

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
/** What the random numbers of dropout are keyed by: both words of the seed, and the epoch. */
export const SEED_LOW = 8;
export const SEED_HIGH = 9;
export const EPOCH = 10;
/** How many they are. */
export const SETTINGS = 11;

/** The stream of random draws that dropout takes (see `random.ts`). */
export const DROPOUT_STREAM = 6;

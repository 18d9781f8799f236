// Compiled by both AssemblyScript and TypeScript: integer constants only, no imports and no types.

/** Output units a panel of weights holds; rows of activations, deltas and biases are padded to a multiple of it. */
export const PANEL = 16;

/** Bytes of an entry of sparse rows and columns, and of a row's span of entries (see `assembly/sparse.ts`). */
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
export const RANGE_SHIFT_X = 0;
export const RANGE_SHIFT_Y = 1;
export const RANGE_ROTATION = 2;
export const RANGE_SCALE = 3;
export const RANGE_SHEAR = 4;
export const RANGE_THICKNESS = 5;

// The settings of a step, by their index in a list of float64.
/** The learning rate of the step, including corrections such as Adam's. */
export const RATE = 0;
/** Weight decay: the share of the weights that is added to the gradient, and that is subtracted directly (AdamW). */
export const DECAY = 1;
export const SHRINKAGE = 2;
/** Decay rates of the running mean of the gradient, and of that of its square. */
export const MOMENTUM = 3;
export const SQUARES = 4;
export const EPSILON = 5;
export const NESTEROV = 6;
/** The largest Euclidean norm of the weights into a unit; 0 for no limit. */
export const NORM = 7;
/** What the random numbers of dropout are keyed by: both words of the seed, and the epoch. */
export const SEED_LOW = 8;
export const SEED_HIGH = 9;
export const EPOCH = 10;
/** How many they are. */
export const SETTINGS = 11;

/** The stream of random draws that dropout takes (see `random.ts`). */
export const DROPOUT_STREAM = 6;

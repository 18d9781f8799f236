// FANN (libfann-dev, Debian's build, one thread): training only, by its batch training on subsets of the job's batch
// size. Fairness: the float version; the data are in FANN's layout before the clock starts, a subset is a pair of
// pointers into it. FANN has neither ReLU nor softmax nor cross-entropy: all layers are sigmoids, and the loss is the
// quadratic one. FANN minimizes half of it, so the rate is doubled when the job's loss is quadratic. For a job of
// sigmoids and the quadratic loss, the only difference is FANN's clipping of a to [0.01, 0.99] in S'.
//
// setup.sh compiles it.

#include <floatfann.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_LAYERS 16

/** The bytes of a file and a zero behind them; exits if it cannot be read. */
static char *read_file(const char *folder, const char *name, size_t *size) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(1);
  }
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  char *bytes = calloc(*size + 1, 1);
  if (fread(bytes, 1, *size, file) != *size) exit(1);
  fclose(file);
  return bytes;
}

/** The first number behind `key` in a JSON text that this benchmark wrote; 0 if there is none. */
static double number(const char *json, const char *key) {
  const char *at = strstr(json, key);
  return at ? atof(at + strlen(key)) : 0;
}

/** Samples as FANN takes them: a pointer to each sample's inputs and one-hot targets. */
struct samples {
  unsigned count;
  float **inputs, **targets;
  uint8_t *labels;
};

static struct samples read_samples(const char *folder, const char *part, unsigned count, int bytes, unsigned inputs,
                                   unsigned outputs) {
  char name[64];
  size_t size;
  struct samples samples = {.count = count};
  snprintf(name, sizeof name, "%s-labels.u8", part);
  samples.labels = (uint8_t *)read_file(folder, name, &size);
  snprintf(name, sizeof name, "%s-inputs.%s", part, bytes ? "u8" : "f32");
  char *raw = read_file(folder, name, &size);
  size_t total = (size_t)samples.count * inputs;
  float *values = (float *)raw;
  if (bytes) {
    values = malloc(total * sizeof *values);
    for (size_t i = 0; i < total; i++) values[i] = (uint8_t)raw[i] / 255.0f;
  }
  float *one_hot = calloc((size_t)samples.count * outputs, sizeof *one_hot);
  samples.inputs = malloc(samples.count * sizeof *samples.inputs);
  samples.targets = malloc(samples.count * sizeof *samples.targets);
  for (unsigned i = 0; i < samples.count; i++) {
    samples.inputs[i] = values + (size_t)i * inputs;
    samples.targets[i] = one_hot + (size_t)i * outputs;
    samples.targets[i][samples.labels[i]] = 1;
  }
  return samples;
}

/** Copies weights and biases into FANN's order: for each neuron, the weights of its inputs and then its bias. */
static void set_weights(struct fann *network, const float *parameters, const unsigned *sizes, unsigned layers) {
  float *to = network->weights;
  for (unsigned l = 1; l < layers; l++) {
    const float *biases = parameters + (size_t)sizes[l] * sizes[l - 1];
    for (unsigned unit = 0; unit < sizes[l]; unit++) {
      memcpy(to, parameters + (size_t)unit * sizes[l - 1], sizes[l - 1] * sizeof *to);
      to[sizes[l - 1]] = biases[unit];
      to += sizes[l - 1] + 1;
    }
    parameters = biases + sizes[l];
  }
}

/** The share of samples whose largest output is at their label. */
static double accuracy(struct fann *network, struct samples test, unsigned outputs) {
  unsigned right = 0;
  for (unsigned i = 0; i < test.count; i++) {
    const float *a = fann_run(network, test.inputs[i]);
    unsigned best = 0;
    for (unsigned j = 1; j < outputs; j++)
      if (a[j] > a[best]) best = j;
    right += best == test.labels[i];
  }
  return (double)right / test.count;
}

/** `piece` is the current mini-batch, `steps` the number of steps so far. */
struct trainer {
  struct fann *network;
  struct samples train;
  struct fann_train_data piece;
  unsigned long steps;
};

/** Trains on the next mini-batch, in file order. */
static void step(struct trainer *trainer) {
  unsigned batch = trainer->piece.num_data;
  size_t from = trainer->steps++ % (trainer->train.count / batch) * batch;
  trainer->piece.input = trainer->train.inputs + from;
  trainer->piece.output = trainer->train.targets + from;
  fann_train_epoch(trainer->network, &trainer->piece);
}

/** Seconds of a monotonic clock. */
static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  const char *folder = argv[1];
  size_t size;
  const char *json = read_file(folder, "job.json", &size);
  // sizes: the inputs, then the units of each layer.
  unsigned sizes[MAX_LAYERS] = {(unsigned)number(json, "\"inputs\":")};
  unsigned layers = 1;
  for (const char *at = json; (at = strstr(at, "\"units\":")) && layers < MAX_LAYERS; at++)
    sizes[layers++] = (unsigned)number(at, "\"units\":");
  unsigned inputs = sizes[0], outputs = sizes[layers - 1], batch = (unsigned)number(json, "\"batch\":");
  int quadratic = strstr(json, "\"quadratic\"") != NULL, bytes = strstr(json, "\"u8\"") != NULL;
  unsigned train_count = (unsigned)number(json, "\"trainCount\":"), test_count = (unsigned)number(json, "\"testCount\":");
  struct samples train = read_samples(folder, "train", train_count, bytes, inputs, outputs);
  struct samples test = read_samples(folder, "test", test_count, bytes, inputs, outputs);

  struct fann *network = fann_create_standard_array(layers, sizes);
  fann_set_activation_function_hidden(network, FANN_SIGMOID);
  fann_set_activation_function_output(network, FANN_SIGMOID);
  fann_set_activation_steepness_hidden(network, 0.5f); // 1 / (1 + exp(-2 · 0.5 · z))
  fann_set_activation_steepness_output(network, 0.5f);
  fann_set_train_error_function(network, FANN_ERRORFUNC_LINEAR);
  fann_set_training_algorithm(network, FANN_TRAIN_BATCH);
  fann_set_learning_rate(network, (float)((quadratic ? 2 : 1) * number(json, "\"rate\":")));
  set_weights(network, (const float *)read_file(folder, "weights.f32", &size), sizes, layers);

  struct trainer trainer = {
      .network = network,
      .train = train,
      .piece = {.num_data = batch, .num_input = inputs, .num_output = outputs},
  };
  unsigned long warm_up = (unsigned long)number(json, "\"epochSamples\":") / batch;
  while (trainer.steps < warm_up) step(&trainer);

  double checksum = 0;
  for (unsigned i = 0; i < network->total_connections; i++) checksum += fabs(network->weights[i]);
  printf("{\"ready\":true,\"peer\":\"fann\",\"version\":\"" VERSION "\",\"setting\":\"C, Debian's library, float, one thread, "
         "batch training on pieces of %u, sigmoid in every layer, quadratic loss\",\"accuracy\":%.4f,"
         "\"trainedSamples\":%lu,\"checksum\":%.6f}\n",
         batch, accuracy(network, test, outputs), trainer.steps * batch, checksum);
  fflush(stdout);

  // One round per line "go".
  double round_seconds = number(json, "\"roundSeconds\":");
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    if (strcmp(line, "go\n")) continue;
    unsigned long from = trainer.steps;
    double start = now(), seconds;
    do step(&trainer);
    while ((seconds = now() - start) < round_seconds);
    printf("{\"samples\":%lu,\"seconds\":%.9f}\n", (trainer.steps - from) * batch, seconds);
    fflush(stdout);
  }
  return 0;
}

import { adam, cosine, Dataset, Network } from "wasmlp";

// How long is the day, in hours, at a latitude (degrees) on a day of the year? The sun's height gives the true answer.
function dayLength(latitude: number, day: number): number {
  const declination = -0.4093 * Math.cos((2 * Math.PI * (day + 10)) / 365);
  const cosine = -Math.tan((latitude * Math.PI) / 180) * Math.tan(declination);
  return (24 / Math.PI) * Math.acos(cosine);
}

// A table of [latitude, day, hours]: every fifth day at every fourth degree between the polar circles.
const table: [number, number, number][] = [];
for (let latitude = -60; latitude <= 60; latitude += 4) {
  for (let day = 1; day <= 365; day += 5) table.push([latitude, day, dayLength(latitude, day)]);
}

// A network learns best from numbers around 0 of size 1: subtract each column's mean, divide by its standard deviation.
function scaleOf(column: number[]): { mean: number; deviation: number } {
  const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
  const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
  return { mean, deviation: Math.sqrt(variance) };
}
const latitudes = scaleOf(table.map(([latitude]) => latitude));
const days = scaleOf(table.map(([, day]) => day));
const hours = scaleOf(table.map(([, , hour]) => hour));

function standardInputs(latitude: number, day: number): [number, number] {
  return [(latitude - latitudes.mean) / latitudes.deviation, (day - days.mean) / days.deviation];
}

const data = new Dataset({
  inputs: Float32Array.from(table.flatMap(([latitude, day]) => standardInputs(latitude, day))),
  shape: 2,
  targets: Float32Array.from(table, ([, , hour]) => (hour - hours.mean) / hours.deviation),
});
const [train, test] = data.split(0.8, 1);

const network = await Network.create({
  inputs: 2,
  layers: [
    { units: 32, activation: "tanh" },
    { units: 32, activation: "tanh" },
    { units: 1, activation: "linear" }, // any number, where sigmoid would stay between 0 and 1
  ],
  loss: "meanSquaredError",
  seed: 1,
});
await network.fit(train, { epochs: 500, optimizer: adam({ learningRate: 0.01 }), schedule: cosine() });

// The loss is in squared standard deviations of the targets; its root times the deviation is an error in hours.
const minutes = 60 * hours.deviation * Math.sqrt(network.evaluate(test).loss);
console.log(`typical error on new places and days: ${minutes.toFixed(1)} minutes`);

const [output = 0] = network.predict(standardInputs(52.5, 172));
console.log(`Berlin, 21 June: ${(output * hours.deviation + hours.mean).toFixed(1)} hours`); // Berlin, 21 June: 16.6 hours

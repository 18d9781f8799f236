import { loadDigits, readDigit } from "wasmlp/digits";

const network = await loadDigits();
// A picture of any size, such as a canvas's getImageData: here a white one with a black upright stroke.
const [width, height] = [100, 100];
const data = new Uint8Array(width * height).fill(255);
for (let y = 20; y < 80; y++) data.fill(0, y * width + 46, y * width + 54);
console.log(readDigit(network, { data, width, height })?.label); // 1

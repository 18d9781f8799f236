import { loadDigits, readDigit } from "wasmlp/digits";

const network = await loadDigits();
const canvas = document.createElement("canvas");
const answer = document.createElement("output");
document.body.append(canvas, answer);
canvas.width = canvas.height = 280;
canvas.style.cssText = "border: 1px solid; touch-action: none";

const paper = canvas.getContext("2d") as CanvasRenderingContext2D;
paper.fillStyle = "white";
paper.fillRect(0, 0, canvas.width, canvas.height);
paper.lineWidth = 24;
paper.lineCap = paper.lineJoin = "round";

canvas.onpointerdown = ({ offsetX, offsetY }) => {
  paper.beginPath();
  paper.moveTo(offsetX, offsetY);
};
canvas.onpointermove = ({ buttons, offsetX, offsetY }) => {
  if (buttons === 0) return;
  paper.lineTo(offsetX, offsetY);
  paper.stroke();
  answer.value = `${readDigit(network, paper.getImageData(0, 0, canvas.width, canvas.height))?.label}`;
};

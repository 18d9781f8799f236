// The strokes of the view "Draw".

import { describe, expect, it } from "vitest";
import { Drawing } from "../../web/draw/drawing.js";

describe("a stroke", () => {
  // A canvas draws a dot for one point, and nothing for a line between equal points.
  it("that does not move is one point, however often the same place is reported", () => {
    const drawing = new Drawing(() => {});
    drawing.begin({ x: 0.5, y: 0.5 });
    drawing.extend({ x: 0.5, y: 0.5 });
    drawing.extend({ x: 0.5 + 1e-9, y: 0.5 });
    drawing.end();
    expect(drawing.strokes).toEqual([[{ x: 0.5, y: 0.5 }]]);
  });

  it("keeps every point that it moves to, and none after its end", () => {
    const drawing = new Drawing(() => {});
    drawing.begin({ x: 0.5, y: 0.5 });
    // A third of a pixel of a paper of 500 pixels.
    drawing.extend({ x: 0.5007, y: 0.5 });
    drawing.extend({ x: 0.5, y: 0.5 });
    drawing.end();
    drawing.extend({ x: 0.9, y: 0.9 });
    expect(drawing.strokes[0]?.map(({ x }) => x)).toEqual([0.5, 0.5007, 0.5]);
  });
});

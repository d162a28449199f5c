// Numbers on the graphics card: vertices with what is known of each, and what they are drawn as.

import { ATTRIBUTES } from "./shaders.js";

const SIZES = { place: 3, moved: 3, value: 1 };

/** Vertices, which faces and lines share. */
export class Vertices {
  constructor(gl) {
    this.gl = gl;
    this.buffers = {};
    this.parts = [];
    for (const name of Object.keys(ATTRIBUTES)) this.buffers[name] = gl.createBuffer();
  }

  set(name, numbers) {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.buffers[name]);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, numbers, this.gl.DYNAMIC_DRAW);
  }

  /** Return a part that is drawn of these vertices: all in turn, or by their numbers. */
  part(mode, numbers, count = numbers?.length) {
    const { gl } = this;
    const made = { mode, count, array: gl.createVertexArray(), index: null };
    gl.bindVertexArray(made.array);
    for (const [name, place] of Object.entries(ATTRIBUTES)) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, SIZES[name], gl.FLOAT, false, 0, 0);
    }
    if (numbers) {
      made.index = gl.createBuffer();
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, made.index);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, numbers, gl.STATIC_DRAW);
    }
    gl.bindVertexArray(null);
    this.parts.push(made);
    return made;
  }

  free() {
    for (const buffer of Object.values(this.buffers)) this.gl.deleteBuffer(buffer);
    for (const part of this.parts) {
      this.gl.deleteVertexArray(part.array);
      if (part.index) this.gl.deleteBuffer(part.index);
    }
    this.parts = [];
  }
}

export function draw(gl, part) {
  if (!part?.count) return;
  gl.bindVertexArray(part.array);
  if (part.index) gl.drawElements(part.mode, part.count, gl.UNSIGNED_INT, 0);
  else gl.drawArrays(part.mode, 0, part.count);
}

/** Return what each corner of each triangle has, of what each vertex has. */
export function expanded(numbers, size, triangles) {
  const found = new Float32Array(triangles.length * size);
  for (let corner = 0; corner < triangles.length; corner++) {
    const from = triangles[corner] * size;
    for (let i = 0; i < size; i++) found[corner * size + i] = numbers[from + i];
  }
  return found;
}

/** Return values with a mark for what is no number, which a graphics card may not tell. */
export function marked(values) {
  const found = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) found[i] = Number.isFinite(values[i]) ? values[i] : 3e38;
  return found;
}

/** Return each value three times: that of a triangle, at its corners. */
export function threefold(values) {
  const found = new Float32Array(3 * values.length);
  for (let i = 0; i < values.length; i++) found[3 * i] = found[3 * i + 1] = found[3 * i + 2] = values[i];
  return found;
}

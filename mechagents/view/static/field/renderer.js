// Draws the body by WebGL2: its faces in the colours of a field, lines on them, and a section.

import { coarser } from "./coarse.js";
import { colourBytes } from "./colours.js";
import { Vertices, draw, expanded, marked, threefold } from "./parts.js";
import { buildPrograms } from "./shaders.js";

const SPARE = 1.05;

export class NoWebGL extends Error {}

/** Return whether there is a graphics card: without one, smooth edges cost three pictures of four. */
function hasCard() {
  const tried = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (!tried) return false;
  const told = tried.getExtension("WEBGL_debug_renderer_info");
  const name = String(tried.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : tried.RENDERER));
  tried.getExtension("WEBGL_lose_context")?.loseContext();
  return !/swiftshader|llvmpipe|software|basic render/i.test(name);
}

export class Renderer {
  constructor(canvas) {
    this.canvas = canvas;
    this.gl = canvas.getContext("webgl2", { antialias: hasCard(), alpha: true, depth: true });
    if (!this.gl) throw new NoWebGL("This browser has no WebGL2, so the field cannot be drawn.");
    this.surface = this.field = this.section = null;
    this.colours = "viridis";
    this.lost = false;
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.lost = true;
    });
    canvas.addEventListener("webglcontextrestored", () => this.restore());
    this.begin();
  }

  begin() {
    this.programs = buildPrograms(this.gl);
    this.texture = this.gl.createTexture();
    this.shared = this.corners = this.cut = null;
    this.setColours(this.colours);
  }

  /** Send everything again: the graphics card has forgotten it. */
  restore() {
    this.lost = false;
    this.begin();
    const { surface, field, section } = this;
    if (surface) this.setSurface(surface);
    if (field) this.setField(field);
    this.setSection(section);
    this.onrestored?.();
  }

  setColours(name) {
    const { gl } = this;
    this.colours = name;
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, 256, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, colourBytes(name));
    for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D, side, gl.LINEAR);
    }
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  /** Take the arrays of a surface: `x`, `triangles`, `edges`, `outline`. */
  setSurface(surface) {
    const { gl } = this;
    this.shared?.free();
    this.corners?.free();
    this.corners = null;
    this.surface = surface;
    this.shared = new Vertices(gl);
    this.shared.set("place", surface.x);
    this.shared.set("moved", new Float32Array(surface.x.length));
    this.shared.set("value", new Float32Array(surface.x.length / 3));
    this.faces = this.shared.part(gl.TRIANGLES, surface.triangles);
    this.coarse = null;
    this.edges = this.shared.part(gl.LINES, surface.edges);
    this.outline = this.shared.part(gl.LINES, surface.outline);
    this.field = null;
    this.setSection(null);
  }

  /** Take `moved` for each vertex, and `values` for each vertex or, of `cells`, each triangle. */
  setField(field) {
    const before = this.field;
    this.field = field;
    if (field.moved !== before?.moved) this.shared.set("moved", field.moved);
    if (field.where !== "cells") {
      if (field.values !== before?.values) this.shared.set("value", marked(field.values));
      return;
    }
    const { gl, surface } = this;
    if (!this.corners) {
      this.corners = new Vertices(gl);
      this.corners.set("place", expanded(surface.x, 3, surface.triangles));
      this.apart = this.corners.part(gl.TRIANGLES, null, surface.triangles.length);
      this.corners.moved = null;
    }
    if (this.corners.moved !== field.moved) {
      this.corners.set("moved", expanded(field.moved, 3, surface.triangles));
      this.corners.moved = field.moved;
    }
    this.corners.set("value", threefold(marked(field.values)));
  }

  /** Take the arrays of a section: `x`, `moved`, `values`, `edges`; null for none. */
  setSection(section) {
    const { gl } = this;
    this.cut?.free();
    this.cut = null;
    this.section = section;
    if (!section) return;
    this.cut = new Vertices(gl);
    this.cut.set("place", section.x);
    this.cut.set("moved", section.moved);
    this.cut.set("value", marked(section.values));
    this.cutFaces = this.cut.part(gl.TRIANGLES, null, section.x.length / 3);
    this.cutEdges = this.cut.part(gl.LINES, section.edges);
  }

  /**
   * Draw everything.
   *
   * @param look `camera`, `scale` of the deformation, `low` and `high` of the colours, `bands`,
   *   `coarse`, `edges`, `ghost`, `plane` (normal and offset, null for none), `solid`, `dark`, `reach`.
   */
  draw(look) {
    if (this.lost || !this.shared) return;
    const { gl, canvas } = this;
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    this.toClip = look.camera.matrix(SPARE * look.reach);
    this.drawFaces(look);
    this.drawLines(look);
    gl.bindVertexArray(null);
  }

  drawFaces(look) {
    const { gl } = this;
    const { program, uniforms } = this.programs.faces;
    gl.useProgram(program);
    this.common(uniforms, look);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.uniform1i(uniforms.colours, 0);
    gl.uniform1f(uniforms.low, look.low);
    gl.uniform1f(uniforms.span, look.high > look.low ? look.high - look.low : 1);
    gl.uniform1f(uniforms.bands, look.bands);
    gl.uniform3fv(uniforms.towards, look.camera.axes()[2]);
    gl.uniform3fv(uniforms.inside, look.dark ? [0.42, 0.44, 0.47] : [0.72, 0.74, 0.77]);
    gl.uniform1f(uniforms.light, look.solid ? 0.38 : 0);
    gl.uniform1i(uniforms.closed, look.solid ? 1 : 0);
    gl.enable(gl.POLYGON_OFFSET_FILL);
    gl.polygonOffset(1, 1);
    draw(gl, this.field?.where === "cells" ? this.apart : this.facesFor(look));
    if (this.cut && look.plane) {
      gl.uniform1f(uniforms.light, 0);
      gl.uniform1i(uniforms.closed, 0);
      gl.uniform1i(uniforms.clipped, 0);
      draw(gl, this.cutFaces);
    }
    gl.disable(gl.POLYGON_OFFSET_FILL);
  }

  /** Return the faces, or, while a body that is slow to draw moves, fewer of them. */
  facesFor(look) {
    if (!look.coarse) return this.faces;
    if (!this.coarse) {
      const fewer = coarser(this.surface.x, this.surface.triangles);
      this.coarse = fewer ? this.shared.part(this.gl.TRIANGLES, fewer) : this.faces;
    }
    return this.coarse;
  }

  drawLines(look) {
    const { gl } = this;
    const { program, uniforms } = this.programs.lines;
    gl.useProgram(program);
    this.common(uniforms, look);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const ink = look.dark ? [1, 1, 1] : [0, 0, 0];
    gl.uniform4fv(uniforms.ink, [0, 0, 0, 0.4]);
    if (look.edges) draw(gl, this.edges);
    gl.uniform4fv(uniforms.ink, [...ink, 0.75]);
    draw(gl, this.outline);
    if (this.cut && look.plane) {
      gl.uniform1i(uniforms.clipped, 0);
      gl.uniform4fv(uniforms.ink, [0, 0, 0, 0.4]);
      if (look.edges) draw(gl, this.cutEdges);
      gl.uniform1i(uniforms.clipped, 1);
    }
    if (look.ghost) {
      gl.uniform1f(uniforms.scale, 0);
      gl.uniform4fv(uniforms.ink, [...ink, 0.35]);
      draw(gl, this.outline);
    }
    gl.disable(gl.BLEND);
  }

  common(uniforms, look) {
    const { gl } = this;
    gl.uniformMatrix4fv(uniforms.toClip, false, this.toClip);
    gl.uniform1f(uniforms.scale, look.scale);
    gl.uniform1f(uniforms.nearer, 0);
    gl.uniform1i(uniforms.clipped, look.plane ? 1 : 0);
    gl.uniform4fv(uniforms.plane, look.plane ? [...look.plane.normal, look.plane.offset] : [0, 0, 0, 0]);
  }

  free() {
    this.shared?.free();
    this.corners?.free();
    this.cut?.free();
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

// The programs of the graphics card. Values are coloured where they are seen, not at vertices, so
// that a colour is that of the interpolated value.

const VERTEX = `#version 300 es
precision highp float;
in vec3 place;
in vec3 moved;
in float value;
uniform mat4 toClip;
uniform float scale;
uniform vec4 plane;
uniform float nearer;
out vec3 at;
out float here;
out float ahead;
void main() {
  at = place + scale * moved;
  here = value;
  ahead = dot(plane.xyz, place) - plane.w;
  gl_Position = toClip * vec4(at, 1.0);
  gl_Position.z -= nearer;
}`;

const FACES = `#version 300 es
precision highp float;
in vec3 at;
in float here;
in float ahead;
uniform sampler2D colours;
uniform float low;
uniform float span;
uniform float bands;
uniform vec3 towards;
uniform float light;
uniform bool clipped;
uniform bool closed;
uniform vec3 inside;
out vec4 colour;
void main() {
  if (clipped && ahead > 0.0) discard;
  vec3 found;
  if (abs(here) > 1e37) {
    found = vec3(0.55);  // no number
  } else {
    float share = clamp((here - low) / span, 0.0, 1.0);
    if (bands > 0.0) share = (min(floor(share * bands), bands - 1.0) + 0.5) / bands;
    found = texture(colours, vec2((share * 255.0 + 0.5) / 256.0, 0.5)).rgb;
  }
  vec3 normal = cross(dFdx(at), dFdy(at));
  float size = length(normal);
  float facing = size > 0.0 ? abs(dot(normal / size, towards)) : 1.0;
  if (closed && !gl_FrontFacing) {
    // The inside of the skin: hatched, so that nobody takes it for a value.
    float stripe = step(0.5, fract((gl_FragCoord.x + gl_FragCoord.y) / 8.0));
    found = inside * (0.85 + 0.15 * stripe);
  }
  colour = vec4(found * (1.0 - light * (1.0 - facing)), 1.0);
}`;

const LINES = `#version 300 es
precision highp float;
in float ahead;
uniform bool clipped;
uniform vec4 ink;
out vec4 colour;
void main() {
  if (clipped && ahead > 0.0) discard;
  colour = vec4(ink.rgb * ink.a, ink.a);
}`;

export const ATTRIBUTES = { place: 0, moved: 1, value: 2 };

/** Return a program for faces or lines with the places of its uniforms. */
function build(gl, fragment) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  for (const [name, place] of Object.entries(ATTRIBUTES)) gl.bindAttribLocation(program, place, name);
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`The graphics card refuses a program: ${gl.getProgramInfoLog(program)}`);
  }
  const uniforms = {};
  const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) ?? 0;
  for (let i = 0; i < count; i++) {
    const { name } = gl.getActiveUniform(program, i);
    uniforms[name] = gl.getUniformLocation(program, name);
  }
  return { program, uniforms };
}

export function buildPrograms(gl) {
  return { faces: build(gl, FACES), lines: build(gl, LINES) };
}

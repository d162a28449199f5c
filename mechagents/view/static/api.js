// Asks the server. What goes wrong is an ApiError whose message can be shown as it is.

export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Return the address of a part of a run or a study: parts are escaped one by one. */
export function path(...parts) {
  return "/" + parts.map((part) => encodeURIComponent(part).replaceAll("%3A", ":")).join("/");
}

/** Return the address of a file of a run. */
export function fileAddress(run, file) {
  return path("api", "runs", run, "files", ...file.split("/"));
}

export async function getJson(address, options = {}) {
  return (await ask(address, options)).json();
}

export async function getBytes(address, options = {}) {
  return (await ask(address, options)).arrayBuffer();
}

export async function post(address, body) {
  const response = await ask(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body ?? {}),
  });
  return response.json();
}

async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, { ...options, credentials: "same-origin", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The viewer does not answer. Start it again with: mechagents view", 0);
  }
  if (response.ok) return response;
  throw new ApiError(await told(response), response.status);
}

async function told(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).error ?? text;
  } catch {
    return text || `the server answered ${response.status}`;
  }
}

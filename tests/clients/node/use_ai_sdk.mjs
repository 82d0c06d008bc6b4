// Vercel's AI SDK, by its provider for servers that speak as OpenAI's does, and by the one for OpenAI.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, Output, streamText } from "ai";
import { z } from "zod";
import { KEY, main, said } from "./told.mjs";

const output = Output.object({ schema: z.object({ city: z.string() }) });

function connect(gateway) {
  return createOpenAICompatible({ name: "gateway", baseURL: `${gateway}/v1`, apiKey: KEY, supportsStructuredOutputs: true });
}

// Its models speak Responses, those of `.chat` chat completions.
function connectOpenAI(gateway) {
  return createOpenAI({ baseURL: `${gateway}/v1`, apiKey: KEY });
}

async function generated(model, prompt) {
  const answer = await generateText({ model, prompt });
  return said(answer.text, answer.finishReason);
}

async function object(model, prompt) {
  const answer = await generateText({ model, prompt, output });
  return said(answer.output.city, answer.finishReason);
}

// What goes wrong comes as a part of the stream, and is only printed where nobody listens.
async function streamed(model, prompt) {
  const failures = [];
  const answer = streamText({ model, prompt, onError: ({ error }) => failures.push(error) });
  let text = "";
  for await (const piece of answer.textStream) text += piece;
  if (failures.length > 0) throw failures[0];
  return said(text, await answer.finishReason);
}

await main({
  generateText: (gateway, model, prompt) => generated(connect(gateway)(model), prompt),
  streamText: (gateway, model, prompt) => streamed(connect(gateway)(model), prompt),
  "generateText, output: object": (gateway, model, prompt) => object(connect(gateway)(model), prompt),
  "openai.chat, generateText": (gateway, model, prompt) => generated(connectOpenAI(gateway).chat(model), prompt),
  "openai.chat, streamText": (gateway, model, prompt) => streamed(connectOpenAI(gateway).chat(model), prompt),
  "openai.chat, generateText, output: object": (gateway, model, prompt) => object(connectOpenAI(gateway).chat(model), prompt),
  "openai, generateText": (gateway, model, prompt) => generated(connectOpenAI(gateway)(model), prompt),
  "openai, streamText": (gateway, model, prompt) => streamed(connectOpenAI(gateway)(model), prompt),
});

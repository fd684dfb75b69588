/// <reference types="vitest/config" />
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compressFiles, writeRoutes } from "./build/plugins.ts";

const API = process.env.ONLOOKER_API ?? "http://127.0.0.1:8080";
const SERVED_BY_THE_API = ["/api", "/static", "/docs", "/status", "/openapi.json"];
const ALL_IN_ONE_PROCESS = { pool: "threads", isolate: false, fileParallelism: false } as const;

export default defineConfig({
  plugins: [react(), writeRoutes(), compressFiles()],
  build: {
    outDir: "../bundle",
    emptyOutDir: true,
    assetsInlineLimit: 0, // a data: address would need an exception in the content security policy
    cssTarget: ["chrome123", "firefox121", "safari17.5"], // they know light-dark()
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
  },
  server: { proxy: Object.fromEntries(SERVED_BY_THE_API.map((path) => [path, { target: API, ws: true }])) },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    ...ALL_IN_ONE_PROCESS,
  },
});

export { draw } from "./draw";

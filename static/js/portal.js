// The pages work without this file; it makes them quicker. Each module enhances what it finds and leaves the rest alone.
import { enhanceBusyButtons } from "./busy.js";
import { enhanceCopy } from "./copy.js";
import { enhanceFilters } from "./filters.js";
import { enhanceMenus } from "./menu.js";
import { enhanceRecognise } from "./recognise.js";
import { enhanceReveal } from "./reveal.js";
import { enhanceValues } from "./values.js";

document.documentElement.classList.add("js");
enhanceBusyButtons(document);
enhanceCopy(document);
enhanceFilters(document);
enhanceMenus(document);
enhanceRecognise(document);
enhanceReveal(document);
enhanceValues(document);

// Configuration of the Allure report; harness/report/allure.py runs it and sets these variables.
const { ICEBOX_ALLURE_OUTPUT: output, ICEBOX_ALLURE_HISTORY: historyPath, ICEBOX_ALLURE_NAME: name } = process.env;
// Findings of the run, ids with what they say: one category for each, and one for what none explains.
const findings = JSON.parse(process.env.ICEBOX_ALLURE_FINDINGS || "[]");

// A check says how it ended in its label "outcome" (fixtures/checks.py); Allure's own statuses cannot tell a
// broken box from a broken harness in every case.
const ended = (outcome) => ({ labels: { outcome } });

export default {
  name,
  output,
  historyPath,
  historyLimit: 50,
  categories: {
    rules: [
      ...findings.map(([finding, name]) => ({ id: `finding-${finding}`, name, matchers: { labels: { finding } }, expand: true })),
      { id: "unexplained", name: "The box is broken, and nothing explains it", matchers: { labels: { finding: "unexplained" } }, groupByMessage: true },
      { id: "box-broken", name: "The box is broken", matchers: ended("failed"), groupByMessage: true, expand: true },
      { id: "blocked", name: "Blocked by something reported already", matchers: ended("blocked"), groupByMessage: true },
      { id: "harness-broken", name: "The harness is broken: nothing is known", matchers: ended("unknown"), groupByMessage: true },
      // Tests that are no checks.
      { id: "other", name: "Other tests", matchers: { statuses: ["failed", "broken"] }, groupByMessage: true },
    ],
  },
  plugins: {
    awesome: {
      options: {
        reportName: name,
        singleFile: true,
        reportLanguage: "en",
        groupBy: ["suite"],
        theme: "auto",
      },
    },
  },
};

# Nearest neighbours on a score with replacement, and their Abadie-Imbens errors, by Matching.
#
#   Rscript matching.R        writes matching.csv and matching_values.csv beside this file
#
# R 4.2.2, Matching 4.10-8. distance.tolerance = 0: its default takes scores that are close as equal.
# Var.calc = 1: the variance of each comparator is told from the nearest of its group; with more, or with
# ties, Matching takes the sample variance of all of them, not the formula of the paper. The data are drawn
# once, rounded and committed, so that nothing depends on a generator of random numbers.
suppressMessages(library(Matching))
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
path <- function(name) file.path(here, name)

if (!file.exists(path("matching.csv"))) {
  set.seed(16)
  n <- 160
  score <- round(rnorm(n), 6)
  served <- rbinom(n, 1, plogis(-0.8 + 0.8 * score))
  coarse <- round(score * 2) / 2
  y <- 10 + 2 * score - served * (1 + 0.5 * score) + rnorm(n)
  write.csv(
    data.frame(served, score, coarse, y = round(y, 4), w = round(runif(n, 0.5, 3), 3)),
    path("matching.csv"), row.names = FALSE
  )
}
d <- read.csv(path("matching.csv"))
out <- data.frame()
for (score in c("score", "coarse")) {
  for (m in c(1, 2, 3, 5)) {
    # With a caliper Matching drops whoever has fewer than M within: of use with one each only.
    for (caliper in if (m == 1) c(NA, 0.05) else NA) {
      # Its caliper is in standard deviations of everyone together.
      found <- Match(
        Y = d$y, Tr = d$served, X = d[[score]], M = m, estimand = "ATT", ties = TRUE,
        distance.tolerance = 0, Var.calc = 1,
        caliper = if (is.na(caliper)) NULL else caliper / sd(d[[score]])
      )
      out <- rbind(out, data.frame(
        score = score, ratio = m, width = caliper, matched = length(unique(found$index.treated)),
        estimate = sprintf("%.12g", found$est[1, 1]), std_error = sprintf("%.12g", found$se)
      ))
    }
  }
}
write.csv(out, path("matching_values.csv"), row.names = FALSE)

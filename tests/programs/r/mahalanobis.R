# Matching by Mahalanobis distance in R: Matching 4.10-8 on R 4.2.2; writes mahalanobis.csv beside this file.
#
#     Rscript tests/programs/r/mahalanobis.R
#
# coarsened_people.csv is synthetic, see coarsened.R. Var.calc = 1: the variance of a comparator from the
# nearest one, in which that programme and Abadie and Imbens (2006) have the same formula.

suppressPackageStartupMessages(library(Matching))

script <- sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))
folder <- dirname(script)
d <- read.csv(file.path(folder, "coarsened_people.csv"))
X <- as.matrix(d[, c("age", "need", "town", "income")])
rows <- list()

for (ratio in c(1, 3, 5)) for (adjust in c(FALSE, TRUE)) {
  m <- Match(
    Y = d$y, Tr = d$served, X = X, M = ratio, Weight = 2, BiasAdjust = adjust, Var.calc = 1,
    ties = TRUE, distance.tolerance = 0
  )
  rows[[length(rows) + 1]] <- data.frame(
    ratio = ratio, corrected = adjust, effect = sprintf("%.15g", m$est),
    std_error = sprintf("%.15g", m$se)
  )
}
write.csv(do.call(rbind, rows), file.path(folder, "mahalanobis.csv"), row.names = FALSE, quote = FALSE)

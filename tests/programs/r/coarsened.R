# Coarsened exact matching in R: MatchIt 4.5.1 on R 4.2.2; writes coarsened.csv beside this file.
#
#     Rscript tests/programs/r/coarsened.R
#
# coarsened_people.csv is synthetic: 360 people, those in need and the older ones served more often.

suppressPackageStartupMessages(library(MatchIt))

script <- sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))
folder <- dirname(script)
d <- read.csv(file.path(folder, "coarsened_people.csv"))
rows <- list()

keep <- function(name, cutpoints) {
  m <- matchit(served ~ age + need + town + income, d, method = "cem", cutpoints = cutpoints)
  w <- m$weights
  own <- d$served == 1
  effect <- weighted.mean(d$y[own], w[own]) - weighted.mean(d$y[!own], w[!own])
  rows[[length(rows) + 1]] <<- data.frame(
    name = name, effect = sprintf("%.15g", effect),
    served = sum(w[own] > 0), comparison = sum(w[!own] > 0),
    effective = sprintf("%.15g", sum(w[!own])^2 / sum(w[!own]^2))
  )
}
# MatchIt cuts whole numbers too; 0 tells it to compare them exactly.
keep("sturges", list(age = "sturges", need = 0, town = 0, income = "sturges"))
keep("bins", list(age = 4, need = 0, town = 0, income = 3))
keep("stated", list(age = c(25, 35, 45), need = c(1.5, 2.5), town = 0, income = c(5, 10, 20)))

write.csv(do.call(rbind, rows), file.path(folder, "coarsened.csv"), row.names = FALSE, quote = FALSE)

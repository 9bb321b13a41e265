# Greedy pairs of MatchIt: Rscript matching.R data.csv out.csv
# Its version 4.5.1 takes the lower neighbour of a vector of scores and does not hold to calipers, so that
# it is timed and not compared; how many of its pairs are within the caliper is told.
suppressMessages(library(MatchIt))
arguments <- commandArgs(trailingOnly = TRUE)
d <- read.csv(arguments[1])
width <- d$width[1]
taken <- system.time(
  m <- matchit(
    served ~ score, data = d, method = "nearest", distance = d$score,
    caliper = width, std.caliper = FALSE, m.order = "largest"
  )
)
pairs <- m$match.matrix
held <- !is.na(pairs[, 1])
gap <- abs(d[rownames(pairs)[held], "score"] - d[pairs[held, 1], "score"])
write.csv(data.frame(
  seconds = taken[["user.self"]] + taken[["sys.self"]], pairs = sum(held), within = sum(gap <= width),
  version = as.character(packageVersion("MatchIt")), r = paste(R.version$major, R.version$minor, sep = ".")
), arguments[2], row.names = FALSE)

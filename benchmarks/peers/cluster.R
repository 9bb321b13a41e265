# Time CR2 with Satterthwaite's degrees of freedom; run by bench_cluster.py.
#
#   Rscript cluster.R DATA.csv OUT.csv SECONDS
suppressMessages({
  library(clubSandwich)
  library(estimatr)
})
args <- commandArgs(TRUE)
d <- read.csv(args[1])
budget <- as.numeric(args[3])
club <- function() {
  fit <- lm(y ~ t + x1 + x2, d)
  coef_test(fit, vcov = vcovCR(fit, cluster = d$g, type = "CR2"), test = "Satterthwaite")
}
esti <- function() lm_robust(y ~ t + x1 + x2, d, clusters = g, se_type = "CR2")
best <- function(work) {
  found <- Inf
  spent <- 0
  while (spent < budget) {
    taken <- sum(system.time(work())[c("user.self", "sys.self")])
    found <- min(found, taken)
    spent <- spent + max(taken, 1e-3)
  }
  found
}
out <- data.frame()
a <- esti()
out <- rbind(out, data.frame(
  program = "estimatr", version = as.character(packageVersion("estimatr")),
  estimate = a$coefficients[["t"]], std_error = a$std.error[["t"]], df = a$df[["t"]], seconds = best(esti)
))
b <- club()
out <- rbind(out, data.frame(
  program = "clubSandwich", version = as.character(packageVersion("clubSandwich")),
  estimate = b$beta[2], std_error = b$SE[2], df = b$df[2], seconds = best(club)
))
out$r <- paste(R.version$major, R.version$minor, sep = ".")
for (name in c("estimate", "std_error", "df")) out[[name]] <- sprintf("%.15g", out[[name]])
write.csv(out, args[2], row.names = FALSE)

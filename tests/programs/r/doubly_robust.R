# Doubly robust effects of job training by glm() and lm(), both models fitted on everyone.
#
#   Rscript tests/programs/r/doubly_robust.R nsw_cps.csv nsw.csv > tests/programs/r/doubly_robust.csv
#
# nsw_cps.csv: the served of causaldata's nsw_mixtape below its cps_mixtape; nsw.csv: nsw_mixtape alone;
# columns treat, age, educ, black, hisp, marr, nodegree, re74, re75, re78.
args <- commandArgs(trailingOnly = TRUE)
rows <- list()
said <- function(name, means) {
  rows[[length(rows) + 1]] <<- data.frame(
    case = name, counterfactual = means[[1]], observed = means[[2]], effect = means[[2]] - means[[1]]
  )
}
# Means without and with the programme: predictions, and weighted residuals with weights of sum one.
means <- function(d, y, score, outcome, family, estimand) {
  t <- d$treat
  tight <- glm.control(epsilon = 1e-14, maxit = 100)
  e <- fitted(glm(score, binomial, d, control = tight))
  d$y <- y
  predicted <- lapply(0:1, function(g)
    predict(glm(outcome, family, d[t == g, ], control = tight), d, type = "response"))
  mean_of <- function(g) {
    target <- if (estimand == "att") t else rep(1, nrow(d))
    w <- if (estimand == "ate") 1 / (if (g == 1) e else 1 - e) else if (g == 1) 1 else e / (1 - e)
    w <- w * (t == g)
    weighted.mean(predicted[[g + 1]], target) + sum(w * (y - predicted[[g + 1]])) / sum(w)
  }
  c(mean_of(0), mean_of(1))
}
full <- ~ age + I(age^2) + I(age^3) + educ + I(educ^2) + marr + nodegree + black + hisp +
  re74 + re75 + u74 + u75 + I(educ * re74)
d <- read.csv(args[1])
d$u74 <- 1 * (d$re74 == 0)
d$u75 <- 1 * (d$re75 == 0)
said("nsw_cps_att", means(d, d$re78, update(full, treat ~ .), update(full, y ~ .), gaussian, "att"))
d <- read.csv(args[2])
few <- ~ age + educ + black + re75
for (estimand in c("att", "ate")) {
  said(paste0("nsw_", estimand),
       means(d, d$re78, update(few, treat ~ .), update(few, y ~ .), gaussian, estimand))
  said(paste0("nsw_work_", estimand),
       means(d, 1 * (d$re78 > 0), update(few, treat ~ .), update(few, y ~ .), binomial, estimand))
  said(paste0("nsw_poisson_", estimand),
       means(d, round(d$re78 / 1000), update(few, treat ~ .), update(few, y ~ .), poisson, estimand))
}
out <- do.call(rbind, rows)
for (k in names(out)[-1]) out[[k]] <- format(out[[k]], digits = 13, trim = TRUE)
cat(paste("# R", getRversion()), "\n", sep = "")
write.csv(out, quote = FALSE, row.names = FALSE)

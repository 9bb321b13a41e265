# Trials in R: estimatr 1.0.0, sandwich, clubSandwich; writes randomised.csv beside this file.
#
#     Rscript tests/programs/r/randomised.R
#
# trial.csv is synthetic: 96 units in pairs, blocks and clusters of unequal size.

suppressPackageStartupMessages({
  library(estimatr)
  library(clubSandwich)
  library(sandwich)
})

script <- sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))
folder <- dirname(script)
d <- read.csv(file.path(folder, "trial.csv"))
rows <- list()

keep <- function(name, value, error, df) {
  rows[[length(rows) + 1]] <<- data.frame(
    name = name, value = sprintf("%.15g", value),
    std_error = sprintf("%.15g", error), df = sprintf("%.15g", df)
  )
}
keep_fit <- function(name, fit, term) {
  keep(name, fit$coefficients[[term]], fit$std.error[[term]], fit$df[[term]])
}

# --- differences in means -------------------------------------------------------------------
keep_fit("plain", difference_in_means(y_block ~ t_block, d), "t_block")
keep_fit("blocked", difference_in_means(y_block ~ t_block, d, blocks = block), "t_block")
keep_fit("pairs", difference_in_means(y_pair ~ t_pair, d, blocks = pair), "t_pair")
keep_fit(
  "pairs of clusters",
  difference_in_means(y_cpair ~ t_cpair, d, blocks = cluster_pair, clusters = cluster), "t_cpair"
)
keep_fit(
  "blocked and clustered",
  difference_in_means(y_cblock ~ t_cblock, d, blocks = cluster_block, clusters = cluster),
  "t_cblock"
)
keep_fit("clusters", lm_robust(y_cblock ~ t_cblock, d, clusters = cluster), "t_cblock")

# --- regression -----------------------------------------------------------------------------
for (se in c("HC1", "HC2", "HC3", "classical")) {
  keep_fit(
    paste("ancova", se), lm_robust(y_block ~ t_block + x + z, d, se_type = se), "t_block"
  )
}
keep_fit(
  "ancova, equal shares in pairs' blocks",
  lm_robust(y_pair ~ t_pair + x + z + factor(block), d, se_type = "HC2"), "t_pair"
)
keep_fit(
  "ancova, sampling weights",
  lm_robust(y_block ~ t_block + x + z, d, weights = w, se_type = "HC2"), "t_block"
)
keep_fit(
  "ancova, clusters", lm_robust(y_cblock ~ t_cblock + x + z, d, clusters = cluster), "t_cblock"
)
# Shares differ between the blocks: each cell is weighted so that the blocks count by their size.
size <- table(d$block) / nrow(d)
cell <- table(d$block, d$t_block)
arm <- table(d$t_block)
d$share <- size[as.character(d$block)] * arm[as.character(d$t_block)] /
  cell[cbind(as.character(d$block), as.character(d$t_block))]
d$share <- as.numeric(d$share)
keep_fit(
  "ancova, unequal shares",
  lm_robust(y_block ~ t_block + x + z + factor(block), d, weights = share, se_type = "HC2"),
  "t_block"
)
keep_fit(
  "ancova, unequal shares, precision weighted",
  lm_robust(y_block ~ t_block + x + z + factor(block), d, se_type = "HC2"), "t_block"
)
keep_fit("lin", lm_lin(y_block ~ t_block, ~ x + z, d), "t_block")
keep_fit(
  "lin, clusters", lm_lin(y_cblock ~ t_cblock, ~ x + z, d, clusters = cluster), "t_cblock"
)

# --- marginal standardisation of generalised linear models ----------------------------------
# HC2 as sandwich computes it from the hat values of the fit, CR2 as clubSandwich does; the delta
# method by hand from the gradient of the standardised means.
marginal <- function(name, family, model, outcome, weight, vcov_of, df) {
  d$outcome <- d[[outcome]]
  d$one <- weight
  if (model == "arms") {
    form <- outcome ~ t_block * (x + z)
  } else {
    form <- outcome ~ t_block + x + z
  }
  # R keeps the working weights of the step before the last: a second fit begins at the answer, so
  # that these belong to it too.
  fit <- NULL
  for (round in 1:2) {
    fit <- suppressWarnings(glm(
      form, family = family, data = d, weights = one, start = coef(fit),
      control = glm.control(epsilon = 1e-14, maxit = 100)
    ))
  }
  mean_of <- list()
  gradient <- list()
  for (a in 0:1) {
    at <- transform(d, t_block = a)
    m <- model.matrix(delete.response(terms(fit)), at)
    eta <- as.numeric(m %*% coef(fit))
    mean_of[[a + 1]] <- sum(weight * family$linkinv(eta)) / sum(weight)
    gradient[[a + 1]] <- colSums(weight * family$mu.eta(eta) * m) / sum(weight)
  }
  v <- vcov_of(fit)
  g <- gradient[[2]] - gradient[[1]]
  h <- gradient[[2]] / mean_of[[2]] - gradient[[1]] / mean_of[[1]]
  keep(paste(name, "difference"), mean_of[[2]] - mean_of[[1]], sqrt(g %*% v %*% g), df(fit))
  keep(paste(name, "log ratio"), log(mean_of[[2]] / mean_of[[1]]), sqrt(h %*% v %*% h), df(fit))
}
hc2 <- function(fit) vcovHC(fit, type = "HC2")
hc0 <- function(fit) vcovHC(fit, type = "HC0")
residual <- function(fit) fit$df.residual
ones <- rep(1, nrow(d))
d$rate <- d$events / d$e
for (model in c("arms", "pooled")) {
  marginal(paste("binomial", model, "hc2"), binomial(), model, "yes", ones, hc2, residual)
  marginal(paste("binomial", model, "hc0"), binomial(), model, "yes", ones, hc0, residual)
  marginal(paste("poisson", model, "hc2"), poisson(), model, "events", ones, hc2, residual)
  marginal(paste("rate", model, "hc2"), quasipoisson(), model, "rate", d$e, hc2, residual)
  marginal(paste("gaussian", model, "hc2"), gaussian(), model, "y_block", ones, hc2, residual)
}

write.csv(do.call(rbind, rows), file.path(folder, "randomised.csv"), row.names = FALSE, quote = TRUE)
writeLines(c(
  R.version.string,
  paste("estimatr", packageVersion("estimatr")),
  paste("clubSandwich", packageVersion("clubSandwich")),
  paste("sandwich", packageVersion("sandwich"))
), file.path(folder, "versions.txt"))

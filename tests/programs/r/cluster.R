# Cluster-robust errors of clubSandwich and estimatr on small trials of clusters.
#
#   Rscript cluster.R        writes cluster_data.csv and cluster_values.csv beside this file
#
# R 4.2.2, clubSandwich 0.5.8, estimatr 1.0.0. The data are drawn once, rounded and committed, so
# that nothing depends on a generator of random numbers.
suppressMessages({
  library(clubSandwich)
  library(estimatr)
})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
path <- function(name) file.path(here, name)

if (!file.exists(path("cluster_data.csv"))) {
  set.seed(8)
  sizes <- c(2, 30, 5, 9, 17, 4, 12, 8, 3, 21, 6, 11)
  arm <- c(0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1)
  stratum <- rep(c("a", "b", "c"), each = 4)
  arm[9:12] <- c(1, 0, 0, 1)
  g <- rep(seq_along(sizes), sizes)
  n <- length(g)
  x <- rnorm(n)
  y <- 5 + arm[g] + match(stratum, c("a", "b", "c"))[g] + 0.5 * x + rnorm(12)[g] + rnorm(n)
  data <- data.frame(
    cluster = sprintf("c%02d", g), arm = arm[g], stratum = stratum[g], x = round(x, 4),
    rare = as.numeric(g %in% c(3, 7)), w = round(runif(n, 0.5, 3), 3), y = round(y, 4),
    mixed = rbinom(n, 1, 0.4)
  )
  write.csv(data, path("cluster_data.csv"), row.names = FALSE)
}
d <- read.csv(path("cluster_data.csv"))
out <- data.frame()
add <- function(case, program, type, term, estimate, se, df) {
  out <<- rbind(out, data.frame(
    case = case, program = program, type = type, term = term,
    estimate = sprintf("%.12g", estimate), std_error = sprintf("%.12g", se), df = sprintf("%.12g", df)
  ))
}
types <- c(cr2 = "CR2", cr1 = "CR1S", cr3 = "CR3")
both <- function(case, fit, formula, data, weights = NULL) {
  for (type in names(types)) {
    v <- vcovCR(fit, cluster = data$cluster, type = types[[type]])
    t <- coef_test(fit, vcov = v, test = "Satterthwaite")
    df <- if (type == "cr1") rep(length(unique(data$cluster)) - 1, nrow(t)) else t$df
    add(case, "clubSandwich", type, names(coef(fit)), t$beta, t$SE, df)
  }
  for (type in c("CR2", "stata")) {
    e <- if (is.null(weights)) {
      lm_robust(formula, data, clusters = cluster, se_type = type)
    } else {
      data$.w <- weights
      lm_robust(formula, data, clusters = cluster, se_type = type, weights = .w)
    }
    name <- if (type == "CR2") "cr2" else "cr1"
    add(case, "estimatr", name, e$term, e$coefficients, e$std.error, e$df)
  }
}
both("plain", lm(y ~ arm, d), y ~ arm, d)
both("covariates", lm(y ~ arm + x + rare, d), y ~ arm + x + rare, d)
both("both arms", lm(y ~ mixed + x, d), y ~ mixed + x, d)
both("weights", lm(y ~ arm + x, d, weights = w), y ~ arm + x, d, d$w)

# Where weights are one over the working variance, as the sizes of clusters are, both sides are
# multiplied with the root of the weight before R sees them.
precise <- function(case, y, x, w, cluster) {
  z <- sqrt(w) * x
  fit <- lm(I(sqrt(w) * y) ~ 0 + z)
  for (type in c("cr2", "cr3")) {
    v <- vcovCR(fit, cluster = cluster, type = types[[type]])
    t <- coef_test(fit, vcov = v, test = "Satterthwaite")
    add(case, "clubSandwich", type, colnames(x), t$beta, t$SE, t$df)
  }
}
size <- ave(rep(1, nrow(d)), d$cluster, FUN = sum)
precise("each cluster as one", d$y, model.matrix(~ arm + x, d), 1 / size, d$cluster)
m <- aggregate(cbind(y, x, arm) ~ cluster, d, mean)
m$n <- as.numeric(table(d$cluster)[m$cluster])
precise("means by size", m$y, model.matrix(~ arm + x, m), m$n, m$cluster)
both("means as one", lm(y ~ arm + x, m), y ~ arm + x, m)
# Strata of clusters: differences within each, averaged by size. `difference_in_means` is not used:
# it drops the correlation that CR2 keeps between arms and has no covariates.
strata <- function(case, fit, k) {
  share <- table(d$stratum) / nrow(d)
  load <- c(rbind(-share, share), rep(0, k))
  for (type in names(types)) {
    c <- linear_contrast(fit,
      vcov = vcovCR(fit, cluster = d$cluster, type = types[[type]]),
      contrasts = matrix(load, 1), test = "Satterthwaite"
    )
    df <- if (type == "cr1") length(unique(d$cluster)) - 1 else c$df
    add(case, "clubSandwich", type, "arm", c$Est, c$SE, df)
  }
}
d$cell <- paste(d$stratum, d$arm)
strata("strata", lm(y ~ 0 + cell, d), 0)
strata("strata, covariate", lm(y ~ 0 + cell + x, d), 1)
write.csv(out, path("cluster_values.csv"), row.names = FALSE, quote = TRUE)

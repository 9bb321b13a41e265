"""Estimators without a comparison, or with a weak one: counts, stated rates, earlier figures."""

"""Every malformed contract gives its exact error at its exact place, and nothing else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.contract import load_contract
from impacteval.errors import ContractError

HERE = Path(__file__).parent / "contracts"

# file: every problem, in order, as (line, column, how the sentence begins)
EXPECTED: dict[str, list[tuple[int, int, str]]] = {
    "alias.yaml": [
        (6, 19, "The file uses the anchor `&payer`."),
        (7, 22, "The file uses the alias `*payer`."),
    ],
    "all_cancelled.yaml": [(15, 1, "Every group is cancelled: no clause can be judged.")],
    "bad_escape.yaml": [(3, 19, "The file is not valid YAML: found unknown escape character 'q'.")],
    "billion_laughs.yaml": [(2, 4, "The file uses the anchor `&a`.")],
    "binary.yaml": [(1, 1, "The file is binary, not text.")],
    "bonferroni_of_nothing.yaml": [
        (15, 15, "`bonferroni` divides a level, and no clause has a rule with a level.")
    ],
    "colon_in_text.yaml": [
        (3, 16, "The file is not valid YAML: mapping values are not allowed here.")
    ],
    "control_character.yaml": [
        (6, 21, "The file has the control character U+0007, which text does not have.")
    ],
    "currency_in_clause.yaml": [(21, 5, "The key `currency` does not belong here.")],
    "currency_list.yaml": [(5, 1, "`currency`: A contract has one currency.")],
    "currency_word.yaml": [(5, 11, "`currency`: 'euros' is not a currency code.")],
    "deep.yaml": [(2, 37, "The file nests deeper than 30 levels.")],
    "dollar_sign.yaml": [(20, 10, "`payment.threshold.pay`: '$250000' repeats a currency.")],
    "duplicate_key.yaml": [
        (21, 5, "The key `pay` stands twice in the same block (first on line 20).")
    ],
    "empty.yaml": [(1, 1, "The file is empty.")],
    "empty_french.yaml": [(10, 36, "`outcomes.earnings.plain_name.fr`: The text is empty.")],
    "empty_outcomes.yaml": [(8, 11, "`outcomes` needs at least one entry.")],
    "exponent.yaml": [(20, 10, "`payment.threshold.pay`: '2.5e5' is not a number.")],
    "floor_above_ceiling.yaml": [(17, 63, "The floor 10 is above the ceiling 5.")],
    "format_later.yaml": [(2, 1, "`format` must be the first key.")],
    "free_units.yaml": [(17, 53, "`payment.linear.per_unit`: 0 is not above 0.")],
    "group_called_pooled.yaml": [
        (15, 18, "A group cannot be called `pooled`: the word has a meaning of its own.")
    ],
    "groups_without_per.yaml": [
        (18, 3, "The contract has groups and the clause `main` does not say how it reads them.")
    ],
    "huge_escape.yaml": [
        (1, 1, "The file is not valid YAML: an escape in quotes is not a character.")
    ],
    "impossible_date.yaml": [(15, 29, "`groups.first.cancelled`: '2014-13' is not a date.")],
    "increase_of_what_should_fall.yaml": [
        (13, 13, "`relative_increase_percent` makes sense only with better: higher, and")
    ],
    "money_for_nothing.yaml": [
        (14, 15, "`money_is` concerns effects in money, and `earnings` is judged as difference.")
    ],
    "money_in_other_currency.yaml": [
        (13, 5, "`present_value` is an amount of money in EUR, and the unit of `earnings`")
    ],
    "money_is_what.yaml": [(15, 15, "`outcomes.earnings.money_is`: 'per_person' is not allowed")],
    "money_unsaid.yaml": [
        (13, 13, "`cost_saving` is an amount of money, and `earnings` does not say for whom."),
        (13, 13, "`cost_saving` is an amount of money, and `earnings` does not say its unit."),
    ],
    "level_in_percent.yaml": [(15, 34, "`decide_on.lower_bound.level`: 90 is not a level.")],
    "list.yaml": [(1, 1, "The file is not a list of keys and values.")],
    "list_as_key.yaml": [(3, 3, "A key must be one word, not a list or a block.")],
    "list_for_number.yaml": [(20, 5, "`payment.threshold.pay`: A number is expected here.")],
    "list_of_rules.yaml": [(15, 1, "`decide_on`: This is not one evidence rule.")],
    "many_mistakes.yaml": [
        (5, 11, "`currency`: 'Euro' is not a currency code."),
        (7, 61, "`who_counts.count_everyone`: 'yes' is neither true nor false."),
        (12, 13, "`outcomes.earnings.better`: 'up' is not allowed here."),
        (19, 23, "The key `atleast` is not known in `payment.threshold.when.earnings`."),
        (20, 10, "`payment.threshold.pay`: 'lots' is not a number."),
    ],
    "many_values.yaml": [(2, 39999, "The file has more than 20000 values.")],
    "missing_keys.yaml": [
        (1, 1, "The key `currency` is missing."),
        (8, 3, "The key `better` is missing in `outcomes.earnings`."),
        (15, 3, "The key `pay` is missing in `payment.threshold`."),
    ],
    "name_with_spaces.yaml": [
        (18, 11, "`payment.threshold.name`: 'Main clause' cannot be a name.")
    ],
    "negative_amount.yaml": [(20, 10, "`payment.threshold.pay`: The amount -5 is negative.")],
    "no_amount.yaml": [(20, 9, "`payment.threshold.pay`: A number is expected here.")],
    "no_format.yaml": [(1, 1, "The file does not say its format.")],
    "no_is_not_false.yaml": [
        (7, 61, "`who_counts.count_everyone`: 'no' is neither true nor false.")
    ],
    "no_level.yaml": [(15, 12, "`decide_on`: The rule `lower_bound` does not say its level.")],
    "no_multiplicity.yaml": [
        (16, 1, "2 results can each trigger a payment under a rule with a level, and nothing")
    ],
    "no_operator.yaml": [
        (19, 22, "A comparison has exactly one operator with its number; none is given.")
    ],
    "no_rule.yaml": [(16, 3, "Nothing says which number the clause `main` compares.")],
    "no_rule_many_chances.yaml": [(17, 7, "Nothing says which number the clause `main` compares.")],
    "no_sides.yaml": [(15, 13, "The key `sides` is missing in `decide_on.lower_bound`.")],
    "no_steps.yaml": [(17, 49, "`payment.tiers.steps` needs at least one entry.")],
    "no_term.yaml": [(16, 1, "A payment has exactly one term; none is given.")],
    "not_a_number.yaml": [
        (19, 33, "`payment.threshold.when.earnings.at_least`: '.nan' is not a number.")
    ],
    "not_utf8.yaml": [(1, 1, "The file is not UTF-8 text.")],
    "one_language.yaml": [(4, 17, "`in_plain_words` must be given in both languages.")],
    "one_word.yaml": [(1, 1, "The file is not a list of keys and values.")],
    "only_blank.yaml": [(1, 1, "The file is empty.")],
    "only_comment.yaml": [(1, 1, "The file is not a list of keys and values.")],
    "other_format.yaml": [(1, 9, "The format 'impacteval-contract/7' is not read here.")],
    "per_without_groups.yaml": [
        (21, 10, "The clause `main` says `per: group`, and the contract has no groups.")
    ],
    "percent_against_points.yaml": [
        (19, 33, "The clause `main` compares `earnings` with 10%, and its effect `difference`")
    ],
    "percent_amount.yaml": [
        (20, 10, "`payment.threshold.pay`: '10%' is a percentage, not an amount.")
    ],
    "percent_in_rate.yaml": [
        (19, 33, "The clause `main` compares `earnings` with 80%, and its effect")
    ],
    "pieces_drop.yaml": [
        (22, 9, "Step 2 of `main` pays 500 where step 1 already paid 2000: a better result")
    ],
    "point_with_settings.yaml": [(15, 1, "`decide_on`: `point_estimate` takes no settings.")],
    "pool_all_cancelled.yaml": [
        (15, 1, "Every group is cancelled: no clause can be judged."),
        (20, 3, "Every group is cancelled, so there is nothing to pool."),
    ],
    "pool_of_sums.yaml": [
        (20, 3, "`earnings` is judged in standard deviations, which have no sum over groups, and")
    ],
    "pool_unsaid.yaml": [
        (18, 3, "The pooled clause `main` does not say how groups weigh."),
        (18, 3, "A clause reads the groups together, and nothing says how they are pooled."),
        (18, 3, "A clause reads the groups together, and nothing says which ones are left out."),
    ],
    "pool_without_clause.yaml": [(15, 7, "`pool` is given and no clause is pooled.")],
    "python_object.yaml": [
        (6, 19, "The file uses the tag `tag:yaml.org,2002:python/object/apply:os.system`.")
    ],
    "reduction_of_what_should_rise.yaml": [
        (13, 13, "`relative_reduction_percent` makes sense only with better: lower, and")
    ],
    "repeated_currency.yaml": [
        (20, 10, "`payment.threshold.pay`: 'EUR 250000' repeats a currency.")
    ],
    "required_elsewhere.yaml": [(15, 58, "`jobs` is not an outcome of this contract.")],
    "significant_at_zero.yaml": [
        (15, 1, "The clause `main` would be met by a result that is not significant, because")
    ],
    "significant_count.yaml": [
        (15, 1, "The clause `main` asks whether `earnings` differs significantly from zero,")
    ],
    "significant_without_then.yaml": [(15, 1, "The key `then` is missing in `decide_on`.")],
    "steps_mixed.yaml": [(22, 9, "The steps of `main` use at_least and more_than.")],
    "steps_out_of_order.yaml": [
        (22, 9, "Step 2 of `main` begins at 5, which is not beyond step 1 at 10.")
    ],
    "steps_pay_less.yaml": [
        (22, 9, "Step 2 of `main` pays 2 where step 1 already paid 5: a better result would")
    ],
    "symbol_operator.yaml": [
        (19, 23, "The key `>=` is not known in `payment.threshold.when.earnings`.")
    ],
    "tab_indent.yaml": [
        (12, 1, "The file is not valid YAML: found character '\\t' that cannot start any token.")
    ],
    "tagged_text.yaml": [(3, 8, "The file uses the tag `tag:yaml.org,2002:str`.")],
    "text_for_block.yaml": [
        (6, 10, "`parties` must be a block of keys and values, not 'A public payer'.")
    ],
    "text_for_list.yaml": [(15, 11, "`required` must be a list, not 'attrition'.")],
    "thousands_separator.yaml": [(20, 10, "`payment.threshold.pay`: '250,000' is not a number.")],
    "two_clauses_one_name.yaml": [
        (18, 14, "2 clauses are called `main`."),
        (19, 14, "2 clauses are called `main`."),
    ],
    "two_currencies.yaml": [
        (20, 10, "`payment.threshold.pay`: '250000 USD' is in USD and the contract is in EUR:")
    ],
    "two_documents.yaml": [(21, 1, "The file holds a second document after `---`.")],
    "two_operators.yaml": [
        (19, 12, "A comparison has exactly one operator with its number; 2 are given.")
    ],
    "two_outcomes_in_when.yaml": [
        (19, 5, "`payment.threshold.when`: A clause compares one outcome; 2 are named.")
    ],
    "two_rules.yaml": [(15, 1, "`decide_on`: This is not one evidence rule.")],
    "two_terms.yaml": [(16, 1, "A payment has exactly one term; threshold, linear are given.")],
    "unclosed_brace.yaml": [
        (15, 10, "The file is not valid YAML: expected ',' or '}', but got ':'.")
    ],
    "unit_price_fewer_better.yaml": [
        (17, 3, "This version cannot execute a price by the unit for `earnings`, of which")
    ],
    "unknown_design.yaml": [
        (14, 30, "`outcomes.earnings.counterfactual.design`: 'randomized' is not allowed here.")
    ],
    "unknown_key.yaml": [
        (1, 1, "The key `currency` is missing."),
        (5, 1, "The key `curency` is not known."),
    ],
    "unknown_key_deep.yaml": [
        (9, 3, "The key `better` is missing in `outcomes.earnings`."),
        (12, 5, "The key `beter` is not known in `outcomes.earnings`."),
    ],
    "unknown_outcome.yaml": [
        (19, 12, "The clause `main` compares `earning`, which is not an outcome of this")
    ],
    "unknown_rule.yaml": [(15, 12, "`decide_on`: This is not one evidence rule.")],
    "unknown_settlement_clause.yaml": [(15, 54, "`mian` is not a clause of this contract.")],
    "unknown_source.yaml": [(21, 13, "The source `memo` is not listed under `sources`.")],
    "unknown_word.yaml": [(12, 13, "`outcomes.earnings.better`: 'hihger' is not allowed here.")],
    "use_unsaid.yaml": [(21, 40, "`then: use` and `use:` go together.")],
    "utf16.yaml": [(1, 1, "The file is binary, not text.")],
    "weights_without_pool.yaml": [(21, 14, "The clause `main` has weights and is not pooled.")],
    "word_for_number.yaml": [
        (19, 33, "`payment.threshold.when.earnings.at_least`: 'eight hundred' is not a number.")
    ],
    "wrong_way_round.yaml": [
        (19, 32, "The clause `main` would pay for a worse result: the contract's number for")
    ],
    "wrong_way_round_count.yaml": [
        (19, 33, "The clause `main` would pay for a worse result: the contract's number for")
    ],
    "basket_by_group.yaml": [
        (22, 50, "The part `main` is read by group, and a basket has one number for each p")
    ],
    "basket_turned.yaml": [
        (21, 78, "The part `main` counts fully at 10, which is not beyond 10, where it beg")
    ],
    "basket_unsaid.yaml": [
        (17, 3, "The key `parts_may_exceed_one` is missing in `payment.basket`."),
        (17, 3, "The key `parts_may_offset` is missing in `payment.basket`."),
    ],
    "basket_weights.yaml": [(21, 5, "The weights of the basket add up to 0.9, not to 1.")],
    "bonus_by_group.yaml": [
        (20, 10, "The bonus `reach` is a percentage of a whole term, and it is read by gro")
    ],
    "bonus_of_nothing.yaml": [
        (20, 14, "A percentage says nothing without the term it is taken of.")
    ],
    "bonus_twice.yaml": [(17, 3, "An equity bonus is an amount or a percentage; both are given.")],
    "card_blank_ceiling.yaml": [(19, 20, "`payment.rate_card.person_ceiling`: There is no value.")],
    "card_by_group.yaml": [
        (21, 50, "A ceiling for each person binds everything a person reached together, an")
    ],
    "card_two_prices.yaml": [
        (22, 31, "Two lines of a card with a ceiling for each person price `earnings`.")
    ],
    "card_unsaid.yaml": [
        (17, 3, "The key `each_milestone` is missing in `payment.rate_card`."),
        (17, 3, "The key `person_ceiling` is missing in `payment.rate_card`."),
    ],
    "dead_band_too_wide.yaml": [
        (17, 72, "The whole bonus of `main` is reached 40 from the target, inside the dead")
    ],
    "dead_band_unsaid.yaml": [(17, 3, "The key `dead_band` is missing in `payment.bonus_malus`.")],
    "floor_blank.yaml": [(21, 11, "`payment.linear.floor`: There is no value.")],
    "full_before_partial.yaml": [
        (21, 5, "Step 2 of `main` begins at 13.5, which is not beyond step 1 at 15.")
    ],
    "full_pays_less.yaml": [
        (21, 5, "Step 2 of `main` pays 5 where step 1 already paid 10: a better result wo")
    ],
    "gate_before_malus.yaml": [
        (21, 7, "The clause `main` can be negative, and it stands behind the gate `qualit")
    ],
    "gate_before_negative.yaml": [
        (21, 7, "The clause `main` can be negative, and it stands behind the gate `qualit")
    ],
    "gate_by_group.yaml": [
        (24, 13, "The gate `quality` is judged by group, and the clause `main` behind it i")
    ],
    "gate_without_term.yaml": [(17, 3, "The key `opens` is missing in `payment.gate`.")],
    "gate_wrong_way.yaml": [
        (19, 32, "The clause `quality` would pay for a worse result: the contract's number")
    ],
    "later_term.yaml": [
        (21, 10, "This version cannot execute `person` under `payment.threshold.per`, so a")
    ],
    "saving_by_people_of_no_group.yaml": [
        (17, 97, "The clause `main` counts the people of each group and is not read by gro")
    ],
    "saving_people_twice.yaml": [
        (17, 94, "`people` and `by_people` both say by how many people to multiply.")
    ],
    "share_above_one.yaml": [(17, 80, "`payment.share_of_saving.share`: 95 is not a share.")],
    "weight_in_percent.yaml": [(21, 53, "`payment.basket.parts[1].weight`: 80 is not a share.")],
    "clawback_key.yaml": [(18, 3, "The key `clawback` does not belong here.")],
    "clawback_unsaid.yaml": [(18, 15, "The key `clawback` is missing in `payment.cumulative`.")],
    "guarantee_of_nobody.yaml": [(20, 40, "`lo` is not a layer of this waterfall.")],
    "layers_one_name.yaml": [(21, 14, "Two layers are called `low`.")],
    "layers_turned.yaml": [
        (21, 41, "The layer `low` is first_loss and stands after one that is senior.")
    ],
    "netting_inside.yaml": [
        (19, 7, "`net_of` concerns the payment as a whole, and stands inside it."),
        (20, 7, "`cumulative` concerns the payment as a whole, and stands inside it."),
        (21, 7, "`split` concerns the payment as a whole, and stands inside it."),
    ],
    "order_half_said.yaml": [
        (20, 3, "A ceiling meets `cumulative`, and the result depends on which comes firs")
    ],
    "order_turned.yaml": [
        (15, 1, "`order`: This version cannot execute operations in that order.")
    ],
    "order_twice.yaml": [(15, 1, "`order`: This version cannot execute operations in that order.")],
    "order_unsaid.yaml": [
        (19, 3, "A ceiling meets `net_of`, and the result depends on which comes first: `")
    ],
    "settlement_cap_on_the_whole.yaml": [
        (19, 26, "A ceiling over one settlement cannot bind what results are worth since t")
    ],
    "share_in_percent.yaml": [
        (18, 31, "`payment.split[1].share`: 50 is not a share."),
        (18, 56, "`payment.split[2].share`: 50 is not a share."),
    ],
    "shares_short.yaml": [(18, 3, "The shares of the payers add up to 0.9, not to 1.")],
    "waterfall_of_penalties.yaml": [
        (17, 3, "The clause `main` can be negative, and a waterfall passes on what was re")
    ],
    "amendment_added_twice.yaml": [(26, 30, "`outcomes.earnings` is in the contract already.")],
    "amendment_bad_value.yaml": [
        (26, 24, "As amended on 2020-03: `payment.threshold.pay`: 'lots' is not a number.")
    ],
    "amendment_date.yaml": [(22, 11, "`changes[1].date`: 'in spring' is not a date.")],
    "amendment_empty_change.yaml": [
        (22, 5, "The key `cause` is missing in `changes[1]`."),
        (22, 5, "The key `decided_by` is missing in `changes[1]`."),
        (22, 5, "The key `what` is missing in `changes[1]`."),
    ],
    "amendment_inside_a_value.yaml": [
        (26, 34, "There is no `level` under `decide_on`."),
        (26, 59, "`payment.pay` is a single value, and `amount` would stand inside it."),
    ],
    "amendment_inside_another.yaml": [
        (26, 94, "`payment.when.earnings.at_least` is amended twice on one day (2020-03).")
    ],
    "amendment_makes_no_sense.yaml": [
        (26, 11, "As amended on 2020-03: The clause `main` would pay for a worse result: t")
    ],
    "amendment_no_value.yaml": [(27, 19, "`changes[1].set.payment.pay`: There is no value.")],
    "amendment_of_a_new_group.yaml": [(26, 25, "`groups.third` is not in the contract.")],
    "amendment_of_nothing.yaml": [(22, 5, "The amendment does not say which terms it changes.")],
    "amendment_of_the_currency.yaml": [
        (26, 21, "`changes[1].set.currency`: `currency` cannot be amended: a contract with"),
        (26, 30, "`changes[1].set.id`: `id` cannot be amended: a contract with another one"),
    ],
    "amendment_one_text.yaml": [(21, 10, "`changes` must be a list, not 'the pay doubles'.")],
    "amendment_path.yaml": [
        (26, 25, "`changes[1].set.payment..pay`: 'payment..pay' is not a path into the con"),
        (26, 43, "`changes[1].set.payment pay`: 'payment pay' is not a path into the contract."),
    ],
    "amendment_removes_nothing.yaml": [
        (26, 14, "`calendar` is not in the contract, so it cannot be removed."),
        (26, 24, "`payment.cap` is not in the contract, so it cannot be removed."),
    ],
    "amendment_unknown_clause.yaml": [
        (24, 33, "There is no `mian` under `payment.sum`."),
        (24, 55, "There is no `2` under `payment.sum`."),
    ],
    "amendment_unknown_key.yaml": [
        (26, 25, "As amended on 2020-03: The key `capp` is not known in `payment`.")
    ],
    "amendment_unknown_path.yaml": [
        (26, 52, "There is no `earning` under `payment.threshold.when`.")
    ],
    "amendment_unknown_source.yaml": [(27, 13, "The source `memo` is not listed under `sources`.")],
    "amendments_of_one_day.yaml": [
        (31, 34, "`payment.threshold.pay` is amended twice on one day (2021-01-01).")
    ],
    "amendments_out_of_order.yaml": [
        (27, 11, "The amendment of 2020 stands after the one of 2021.")
    ],
    "counterfactual_design.yaml": [
        (15, 31, "`outcomes.earnings.counterfactual[1].design`: 'fixd_rate' is not allowed"),
        (16, 9, "The key `design` is missing in `outcomes.earnings.counterfactual[2]`."),
    ],
    "counterfactual_gap.yaml": [
        (16, 16, "Counterfactual 1 holds until 2015, and the next one from 2017: one must ")
    ],
    "counterfactual_none_at_all.yaml": [
        (14, 21, "`outcomes.earnings.counterfactual` needs at least one entry.")
    ],
    "counterfactual_rate.yaml": [
        (14, 41, "`rate` is the rate that a contract fixes, and the design is rct.")
    ],
    "counterfactual_undated.yaml": [
        (15, 9, "Counterfactual 1 of 2 does not say `until`."),
        (16, 29, "The last counterfactual has `until: 2018`, and nothing stands beyond it."),
    ],
    "grant_behind_gate.yaml": [
        (20, 13, "The grant `relief` is paid whatever the results, and it stands behind th")
    ],
    "grant_named_twice.yaml": [
        (18, 22, "The grant `main` has the name of another part of the payment."),
        (20, 22, "The grant `main` has the name of another part of the payment."),
    ],
    "grant_with_condition.yaml": [(17, 25, "The key `when` does not belong here.")],
    "settlement_moved_back.yaml": [
        (27, 44, "The amendment of 2020-03 puts `final` on 2019-06, before")
    ],
    "look_named_twice.yaml": [
        (15, 56, "`end` names two dates of the calendar."),
    ],
    "look_of_no_clause.yaml": [
        (15, 85, "`mian` is not a clause of this contract."),
    ],
    "look_pays_without_level.yaml": [
        (15, 56, "Several looks can pay for the clause `main`, and it has no level that co"),
    ],
    "look_shares_nothing.yaml": [
        (15, 88, "The look `look` pays nothing, so it uses up none of the level."),
    ],
    "look_share_in_percent.yaml": [
        (15, 100, "`calendar.interim.look.alpha_share`: 20 is not a share."),
    ],
    "milestone_pays.yaml": [
        (15, 80, "The key `pays` is not known in `calendar.milestones.day-30`."),
    ],
    "settlement_of_no_group.yaml": [
        (15, 53, "`a` is not a group of this contract."),
    ],
    "look_shares_half_said.yaml": [
        (15, 26, "Several looks can pay for the same clause (look, end), and not each one "),
    ],
    "information_in_percent.yaml": [
        (15, 152, "`calendar.interim.look.information`: 50 is not a share."),
    ],
    "planned_error_of_nothing.yaml": [
        (15, 62, "`calendar.planned.std_error.earnings`: 0 is not above 0."),
    ],
    "planned_of_no_outcome.yaml": [
        (15, 59, "`wages` is not an outcome of this contract."),
    ],
    "planned_without_spending.yaml": [
        (15, 12, "`planned` belongs to looks that spend the error, and the calendar declar"),
    ],
    "spending_alone.yaml": [
        (15, 75, "`end` shares no clause with another date that pays, so it spends the err"),
    ],
    "spending_half_informed.yaml": [
        (15, 44, "Looks at growing data can pay for the same clause (look, end), and not e"),
    ],
    "spending_in_either_order.yaml": [
        (15, 124, "`end` and `look` may come in either order, and looks at growing data hav"),
    ],
    "spending_last_not_all.yaml": [
        (15, 75, "`end` is the last look at these data (look, end), and its information is"),
    ],
    "spending_not_growing.yaml": [
        (15, 75, "The information at `end` is 1, and 1 was there before, at `look`."),
    ],
    "spending_not_said.yaml": [
        (15, 57, "`end` says how much of the information is there, and the calendar does n"),
        (15, 134, "`look` says how much of the information is there, and the calendar does "),
    ],
    "spending_unknown.yaml": [
        (15, 22, "`calendar.spending`: 'haybittle_peto' is not allowed here."),
    ],
    "spending_without_information.yaml": [
        (15, 22, "The calendar says how looks spend the error, and no look says how much o"),
    ],
    "spending_without_level.yaml": [
        (15, 108, "Several looks can pay for the clause `main`, and it has no level that co"),
    ],
    "spending_without_shares.yaml": [
        (15, 44, "Several looks can pay for the same clause (look, end), and not each one "),
    ],
    "look_shares_short.yaml": [
        (15, 118, "The shares of the level add up to 0.9, not to 1 (look, end)."),
    ],
    "corrections_without_window.yaml": [
        (15, 1, "A correction moves money, and nothing says how long after a settlement."),
    ],
    "corrections_one_sided_unsaid.yaml": [
        (15, 1, "A correction moves money, and nothing says whether also in favour of who"),
    ],
    "corrections_window_in_words.yaml": [
        (15, 35, "`corrections.window`: 'two years' is not a length of time that can be co"),
    ],
    "corrections_paid_twice.yaml": [
        (15, 82, "`pay_within` says when a correction is paid, and `how: next_settlement` "),
    ],
    "escrow_window_in_words.yaml": [
        (15, 19, "Money is held while a result is contested, and until when it can be cont"),
    ],
    "escrow_twice.yaml": [
        (15, 50, "What is held is a share of the disputed part or an amount, and one of th"),
    ],
    "escrow_release_unsaid.yaml": [
        (15, 50, "The key `released` is missing in `dispute.escrow`."),
    ],
    "escrow_share_above_one.yaml": [
        (15, 66, "`dispute.escrow.share`: 1.5 is not a share."),
    ],
    "gatekeeping_first_of.yaml": [
        (18, 3, "The first of main, more that is met pays, and gatekeeping tests each of th"),
    ],
    "gatekeeping_malus.yaml": [
        (20, 7, "The clause `price` can be negative, and it is tested only once others are "),
    ],
    "gatekeeping_of_nothing.yaml": [
        (15, 15, "`gatekeeping` keeps a level, and no clause has a rule with a level."),
    ],
    "gatekeeping_pool_moves.yaml": [
        (28, 11, "Groups that were paid leave the pool of `whole`, so what it tests depends "),
    ],
    "gatekeeping_unsaid.yaml": [
        (16, 1, "An order of clauses is given, and `multiplicity` is not gatekeeping."),
    ],
    "gatekeeping_wrong_names.yaml": [
        (16, 1, "`main` stands 2 times in the order."),
        (16, 1, "The order leaves out more, whose rule has a level."),
        (16, 21, "`mor` is not a clause of this contract."),
    ],
    "holm_of_nothing.yaml": [
        (15, 15, "`holm` shares a level out, and no clause has a rule with a level."),
    ],
    "holm_over_dates.yaml": [
        (
            15,
            15,
            "Results are judged at several dates (first, last), and `holm` compares all of the",
        ),
    ],
    "holm_pool_moves.yaml": [
        (18, 15, "Groups that were paid leave the pool, so what is tested depends on what wa"),
    ],
    "paid_unjudged.yaml": [
        (21, 40, "The clause `main` is to be paid without a judgement, and its amount depend"),
    ],
    "use_no_number.yaml": [
        (21, 58, "`payment.linear.if_not_judged.use.value`: 'about five' is not a number."),
    ],
    "use_of_what.yaml": [
        (21, 45, "The key `value` is missing in `payment.linear.if_not_judged.use`."),
        (21, 51, "The key `number` is not known in `payment.linear.if_not_judged.use`."),
    ],
    "baseline_elsewhere.yaml": [
        (29, 3, "`earning` is not an outcome of this contract."),
    ],
    "baseline_unsourced.yaml": [
        (29, 3, "The key `source` is missing in `baseline.earnings`."),
    ],
    "context_unsourced.yaml": [
        (29, 5, "The key `source` is missing in `context[1]`."),
    ],
    "equity_floor_level.yaml": [
        (29, 48, "The key `level` is missing in `equity.young.floor`."),
    ],
    "equity_floor_wrong.yaml": [
        (29, 65, "`earning` is not an outcome of this contract."),
        (30, 78, "More of `arrests` is worse, so it has no floor."),
    ],
    "equity_wrong.yaml": [
        (29, 66, "`young` should make up 40, which is not a percentage."),
        (29, 85, "`mian` is not a clause of this contract."),
        (30, 61, "`old` is to be reached, not avoided."),
        (30, 81, "`main` is neither an equity bonus nor a gate."),
    ],
    "gates_by_group.yaml": [
        (32, 26, "The gate `quality` is judged by group, and the clause `main` behind it is "),
    ],
    "gates_penalty.yaml": [
        (31, 3, "The clause `main` can be negative, and all payment stands behind the gate "),
    ],
    "gates_unknown.yaml": [
        (29, 12, "2 clauses are called `main`."),
        (29, 25, "The clause `main` compares `helth`, which is not an outcome of this contra"),
        (32, 11, "2 clauses are called `main`."),
    ],
    "gates_with_amount.yaml": [
        (29, 52, "The key `pay` is not known in `gates[1]`."),
    ],
    "stop_clawback.yaml": [
        (29, 39, "The trigger `one` would make all results since the beginning worth nothing"),
    ],
    "stop_no_rule.yaml": [
        (29, 9, "Nothing says which number the trigger compares."),
    ],
    "stop_on_watched.yaml": [
        (30, 74, "`health` is watched and never moves money, and the trigger would."),
    ],
    "stop_penalty.yaml": [
        (29, 39, "The clause `main` can be negative: the trigger `one` would wipe a penalty "),
    ],
    "stop_percent.yaml": [
        (29, 36, "The trigger `one` compares a share, and has no percent sign."),
        (30, 29, "The trigger `two` compares a count, not a percentage."),
        (31, 38, "120 cannot be reached."),
        (32, 39, "`earnings` is counted in units, and the trigger compares it with 2%."),
    ],
    "stop_stray_keys.yaml": [
        (29, 44, "`decide_on` says nothing about `people`."),
        (30, 79, "`outcome` says nothing about `when`."),
    ],
    "stop_then_unsaid.yaml": [
        (29, 3, "The key `then` is missing in `stop_when.one`."),
    ],
    "stop_two_things.yaml": [
        (29, 3, "A stop trigger watches exactly one thing; missing_share, people are given."),
        (30, 3, "A stop trigger watches exactly one thing; none is given."),
    ],
    "stop_unknown_names.yaml": [
        (29, 16, "`earning` is not an outcome of this contract."),
        (30, 42, "`earning` is not an outcome of this contract."),
        (31, 19, "`young` is not named under `equity`."),
        (32, 44, "`mian` is not a clause of this contract."),
        (33, 34, "The trigger `five` is only reported, so it holds no clause."),
    ],
    "stop_when_well.yaml": [
        (29, 38, "The trigger `one` would fire when `earnings` goes well."),
        (30, 29, "The trigger `two` would fire when all is well."),
        (31, 38, "The trigger `three` would fire when all is well."),
    ],
    "stop_wrong_rule.yaml": [
        (29, 43, "A trigger cannot compare by `lower_bound`, which looks for a better result"),
    ],
    "watch_other_design.yaml": [
        (28, 9, "`reached` is watched with another design than the results that are paid: n"),
    ],
    "watch_paid.yaml": [
        (28, 1, "`health` is watched 2 times."),
        (28, 9, "`earnings` is watched, and a clause compares it: what is watched is never "),
        (28, 19, "`heath` is not an outcome of this contract."),
    ],
    "watch_unsaid.yaml": [
        (28, 1, "The key `multiplicity` is missing in `watch`."),
    ],
    "audit_fewer_better.yaml": [
        (15, 1, "The clause `main` would pay more when an audit finds records wrong: of `earn"),
    ],
    "audit_in_points.yaml": [
        (15, 43, "`decide_on.verified_count.audit_limit`: 15 is not a share of the count."),
    ],
    "audit_limit_unread.yaml": [
        (21, 49, "The audit has a limit, and no clause reads it."),
    ],
    "audit_of_effect.yaml": [
        (15, 1, "The clause `main` reads a verified count, and the effect of `earnings` is di"),
    ],
    "audit_of_everything.yaml": [
        (15, 43, "`decide_on.verified_count.audit_limit`: An audit that may find everything wr"),
    ],
    "audit_said_twice.yaml": [
        (15, 1, "The audit of the contract has the limit 0.1, and the rule of `main` has 0.15"),
    ],
    "audit_unsaid.yaml": [
        (15, 12, "Nothing says how much an audit may find wrong before the count of `main` is "),
    ],
    "average_by_people.yaml": [
        (18, 3, "The clause `main` is a saving by the people of each group, and this version "),
    ],
    "average_first_of.yaml": [
        (18, 7, "In `first_of` the first clause that is met pays, and `main` under `expected_"),
    ],
    "average_gate.yaml": [
        (17, 3, "The clause `open` is a gate, and this version averages only payments that a "),
    ],
    "average_half_prior.yaml": [
        (15, 40, "The key `sd` is missing in `decide_on.expected_payment.prior.normal`."),
    ],
    "average_no_prior.yaml": [
        (15, 31, "The key `prior` is missing in `decide_on.expected_payment`."),
    ],
    "average_no_spread.yaml": [
        (15, 64, "`decide_on.expected_payment.prior.normal.sd`: 0 is not above 0."),
    ],
    "average_of_count.yaml": [
        (15, 1, "The clause `main` pays the average over what the true effect of `earnings` m"),
    ],
    "average_unknown_prior.yaml": [
        (15, 39, "`decide_on.expected_payment.prior`: 'vague' is not a prior."),
    ],
    "average_unsaid.yaml": [
        (15, 12, "`decide_on`: The rule `expected_payment` does not state its prior."),
    ],
    "combine_and_not.yaml": [
        (19, 7, "The clause `more` reads another number of `earnings` than a clause before it"),
    ],
    "combine_count.yaml": [
        (15, 1, "The clause `main` combines designs, and `earnings` is only counted."),
    ],
    "combine_list.yaml": [
        (15, 13, "`decide_on.combine`: `combine` names each design with its weight."),
    ],
    "combine_negative.yaml": [
        (15, 13, "`decide_on.combine`: The weight of did is -0.2."),
    ],
    "combine_one.yaml": [
        (15, 13, "`decide_on.combine`: One design alone is not combined."),
    ],
    "combine_one_design_twice.yaml": [
        (15, 13, "`decide_on.combine`: The design rct has two weights."),
    ],
    "combine_percent.yaml": [
        (15, 13, "`decide_on.combine`: The weight '80%' has a percent sign."),
    ],
    "combine_short.yaml": [
        (15, 13, "`decide_on.combine`: The weights add up to 0.9."),
    ],
    "combine_then_average.yaml": [
        (15, 44, "`decide_on.then`: This is no rule that reads a combined number."),
    ],
    "combine_then_sides.yaml": [
        (15, 51, "The key `sides` is missing in `decide_on.then.lower_bound`."),
    ],
    "combine_then_unsaid.yaml": [
        (15, 50, "`decide_on.then`: This is no rule that reads a combined number."),
    ],
    "combine_unknown_design.yaml": [
        (15, 13, "`decide_on.combine`: `diff` is not a design."),
    ],
    "combine_unsaid.yaml": [
        (15, 12, "`decide_on`: The rule `combine` does not say which designs weigh how much."),
    ],
    "combine_without_own_design.yaml": [
        (15, 1, "The clause `main` combines matched, did, and the counterfactual of `earnings"),
    ],
}

# Files whose list of problems goes on with more of the same.
GOES_ON = {"billion_laughs.yaml"}


def problems(path):
    """What the loader says. Anything but a ContractError fails the test with its traceback."""
    with pytest.raises(ContractError) as caught:
        load_contract(path)
    return caught.value.problems


def test_the_table_and_the_folder_agree():
    assert sorted(EXPECTED) == sorted(path.name for path in HERE.glob("*.yaml"))
    assert len(EXPECTED) >= 35


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_malformed_contract(name):
    found = problems(HERE / name)
    expected = EXPECTED[name]
    if name not in GOES_ON:
        assert len(found) == len(expected)
    for problem, (line, column, begins) in zip(found, expected, strict=False):
        assert (problem.line, problem.column) == (line, column)
        assert problem.what.startswith(begins)
        assert problem.file == str(HERE / name)
        assert str(problem).startswith(f"{HERE / name}:{line}:{column}: ")


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_it_is_refused_quickly_and_briefly(name):
    started = time.process_time()
    found = problems(HERE / name)
    assert time.process_time() - started < 5
    assert len(found) <= 51
    assert all(len(str(problem)) < 1200 and problem.what for problem in found)


def test_a_missing_file_and_a_folder_without_contract(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        (problem,) = problems(path)
        assert (problem.line, problem.column) == (1, 1)
        assert problem.what == "The file does not exist."


def test_a_file_that_cannot_be_opened(tmp_path):
    (tmp_path / "contract.yaml").mkdir()
    (problem,) = problems(tmp_path)
    assert problem.what.startswith("The file cannot be opened")


def test_a_file_that_is_too_large(tmp_path):
    path = tmp_path / "contract.yaml"
    path.write_text("# " + "x" * 300_000)
    (problem,) = problems(path)
    assert problem.what == "The file is larger than 256 KiB."


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path):
    good = (Path(__file__).parents[2] / "studies/bonds/denver/contract.yaml").read_bytes()
    path = tmp_path / "contract.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + good.replace(b"\n", b"\r\n"))
    original = load_contract(Path(__file__).parents[2] / "studies/bonds/denver")
    assert load_contract(path) == original
    assert load_contract(path).digest == original.digest


VALID = (Path(__file__).parents[2] / "studies/bonds/peterborough/contract.yaml").read_text("utf-8")
LINES = VALID.splitlines(keepends=True)
PIECES = ["", "*a", "&a ", "!!int ", "- ", ": ", "{", "}", "[", "]", "\t", "'", '"', "|", ">", "#"]
PIECES += [
    "not_published",
    "null",
    "~",
    "-1",
    "1e9",
    "10%",
    "0",
    "true",
    "é",
    "\x00",
    "\u2028",
    "\\",
]
PIECES += ["<<: ", "? ", "---\n", "%YAML 1.1\n", "@", "`", "cap: ", "per: group", "at_most: 3"]


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(VALID)),
            st.integers(0, 30),
            st.sampled_from(PIECES) | st.text(max_size=4),
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=250, deadline=None)
def test_a_mutated_contract_loads_or_is_refused(tmp_path_factory, changes):
    text = VALID
    for at, cut, put in changes:
        text = text[:at] + put + text[at + cut :]
    _loads_or_is_refused(tmp_path_factory, text)


@given(st.lists(st.integers(0, len(LINES) - 1), max_size=4), st.permutations(range(6)))
@settings(max_examples=60, deadline=None)
def test_a_contract_with_lines_lost_or_moved_loads_or_is_refused(tmp_path_factory, lost, order):
    kept = [line for k, line in enumerate(LINES) if k not in lost]
    moved = [kept[20 + k] for k in order]
    _loads_or_is_refused(tmp_path_factory, "".join(kept[:20] + moved + kept[26:]))


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_load_or_are_refused(tmp_path_factory, raw):
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(raw)
    assert problems(path)


def _loads_or_is_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "mutated.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        contract = load_contract(path)
    except ContractError as refused:
        for problem in refused.problems:
            assert problem.line >= 1
            assert problem.column >= 1
            assert problem.what
    else:
        assert contract.digest

//! Statistics of samples. Floats live here and nowhere else in the engine: IEEE 754 adds, multiplies, divides and
//! takes roots alike on every machine, and what is handed over is rounded to millionths, a half away from zero.

/// Half the width of a 95 % interval, in standard errors.
const NORMAL_95: f64 = 1.96;

/// With fewer than this in one arm a mean is not taken as normally distributed.
const FEWEST: u64 = 30;

/// The answers of those who were treated alike: whole numbers, such as orders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Arm {
    /// How many they are.
    pub n: u64,
    /// Sum of their answers.
    pub sum: u64,
    /// Sum of the squares of their answers.
    pub squares: u64,
}

impl Arm {
    /// Adds others.
    pub fn merge(&mut self, other: &Arm) {
        self.n += other.n;
        self.sum += other.sum;
        self.squares += other.squares;
    }
}

/// Two arms compared; means and differences are in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    /// Both arms over all strata.
    pub arms: [Arm; 2],
    /// The weighted mean of each arm.
    pub means: [i128; 2],
    /// The first mean less the second.
    pub difference: i128,
    /// The 95 % interval of the difference; nothing where an arm is too small for one.
    pub interval: Option<(i128, i128)>,
}

/// Compares two arms over strata in which chance alone said who is in which arm. Each answer has the inverse of its
/// probability as weight (those of the stratum / those of its arm), so that strata of different odds do not mix.
/// Strata without both arms say nothing; nothing if there are no others.
pub fn compare(strata: &[[Arm; 2]]) -> Option<Comparison> {
    let both = strata
        .iter()
        .filter(|arms| arms.iter().all(|arm| arm.n > 0));
    let strata: Vec<&[Arm; 2]> = both.collect();
    let weight = |arms: &[Arm; 2], arm: usize| (arms[0].n + arms[1].n) as f64 / arms[arm].n as f64;
    let of_all: f64 = strata
        .iter()
        .map(|arms| (arms[0].n + arms[1].n) as f64)
        .sum();
    if strata.is_empty() {
        return None;
    }
    let mean = |arm: usize| {
        let terms = strata
            .iter()
            .map(|arms| weight(arms, arm) * arms[arm].sum as f64);
        terms.sum::<f64>() / of_all
    };
    let means = [mean(0), mean(1)];
    // Of a mean: the sum of squared weights times squared distances from it.
    let variance = |arm: usize| {
        let terms = strata.iter().map(|arms| {
            let (own, mean) = (arms[arm], means[arm]);
            let distances =
                own.squares as f64 - 2.0 * mean * own.sum as f64 + mean * mean * own.n as f64;
            weight(arms, arm) * weight(arms, arm) * distances
        });
        terms.sum::<f64>() / (of_all * of_all)
    };
    let mut arms = [Arm::default(); 2];
    for stratum in &strata {
        for (all, own) in arms.iter_mut().zip(stratum.iter()) {
            all.merge(own);
        }
    }
    let difference = means[0] - means[1];
    let half = NORMAL_95 * (variance(0) + variance(1)).max(0.0).sqrt();
    let large = arms.iter().all(|arm| arm.n >= FEWEST);
    Some(Comparison {
        arms,
        means: means.map(millionths),
        difference: millionths(difference),
        interval: large.then(|| (millionths(difference - half), millionths(difference + half))),
    })
}

fn millionths(number: f64) -> i128 {
    (number * 1e6).round() as i128
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(answers: &[u64]) -> Arm {
        Arm {
            n: answers.len() as u64,
            sum: answers.iter().sum(),
            squares: answers.iter().map(|answer| answer * answer).sum(),
        }
    }

    #[test]
    fn one_stratum_is_a_plain_difference_of_means() {
        let few = compare(&[[arm(&[3, 1]), arm(&[0, 1, 2])], [arm(&[9]), arm(&[])]]).unwrap();
        assert_eq!(
            (few.means, few.difference),
            ([2_000_000, 1_000_000], 1_000_000)
        );
        assert_eq!((few.arms[0].n, few.interval), (2, None));
        assert_eq!(compare(&[[arm(&[9]), arm(&[])]]), None);
        let [first, second] = [[0, 2], [1, 1]].map(|pair| arm(&pair.repeat(50)));
        // Means of 1, variances of 1/100 and 0.
        let many = compare(&[[first, second]]).unwrap();
        assert_eq!(many.interval, Some((-196_000, 196_000)));
    }

    #[test]
    fn strata_of_different_odds_do_not_mix() {
        // In either stratum both arms answer alike; thrown together, the first arm would seem to answer more.
        let rich = [arm(&[4; 40]), arm(&[4; 10])];
        let poor = [arm(&[1; 10]), arm(&[1; 40])];
        let both = compare(&[rich, poor]).unwrap();
        assert_eq!((both.means, both.difference), ([2_500_000; 2], 0));
    }
}

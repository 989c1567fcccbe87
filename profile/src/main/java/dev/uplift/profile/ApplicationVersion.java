/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A version as its profile's pattern reads it. {@code v0.50.1} and {@code 0.50.1.0} are equal; {@code
 * v0.50.1} and {@code v1.50.1} are the {@link #sameRelease same release} in two editions, and therefore
 * not equal although {@link #compareTo} gives 0: order follows the release only.
 *
 * @param text as the application spells it
 * @param edition as the profile names it; absent where the application has none
 * @param major the number by which stops, Java and downgrades are judged
 * @param numbers the compared numbers in order of weight, without trailing zeros
 * @param preRelease such as {@code RC1}; absent for a finished release, which follows all of its
 *     pre-releases
 */
public record ApplicationVersion(
        String text,
        @Nullable String edition,
        int major,
        List<Integer> numbers,
        @Nullable String preRelease) implements Comparable<ApplicationVersion> {
    private static final Pattern PART = Pattern.compile("\\d+|[^\\d.+-]+");

    public ApplicationVersion {
        int length = numbers.size();
        while (length > 0 && numbers.get(length - 1) == 0) {
            length--;
        }
        numbers = List.copyOf(numbers.subList(0, length));
    }

    /** The same text for every spelling of a release, and for each edition of it: {@code 50.1} of {@code v0.50.1.0}. */
    public String canonical() {
        String release = numbers.stream().map(String::valueOf).collect(Collectors.joining("."));
        return preRelease == null ? release : release + "-" + preRelease.toLowerCase(Locale.ROOT);
    }

    /** Whether both are the same release, be it in different editions or spellings. */
    public boolean sameRelease(ApplicationVersion other) {
        return compareTo(other) == 0;
    }

    @Override
    public int compareTo(ApplicationVersion other) {
        int length = Math.max(numbers.size(), other.numbers.size());
        for (int i = 0; i < length; i++) {
            int order = Integer.compare(numberAt(i), other.numberAt(i));
            if (order != 0) {
                return order;
            }
        }
        return comparePreReleases(preRelease, other.preRelease);
    }

    private int numberAt(int index) {
        return index < numbers.size() ? numbers.get(index) : 0;
    }

    private static int comparePreReleases(@Nullable String left, @Nullable String right) {
        if (left == null || right == null) {
            return Boolean.compare(left == null, right == null);
        }
        List<String> lefts = parts(left);
        List<String> rights = parts(right);
        for (int i = 0; i < Math.min(lefts.size(), rights.size()); i++) {
            int order = comparePart(lefts.get(i), rights.get(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(lefts.size(), rights.size());
    }

    private static List<String> parts(String preRelease) {
        return PART.matcher(preRelease).results().map(MatchResult::group).toList();
    }

    private static int comparePart(String left, String right) {
        boolean leftIsNumber = Character.isDigit(left.charAt(0));
        boolean rightIsNumber = Character.isDigit(right.charAt(0));
        if (leftIsNumber && rightIsNumber) {
            return new BigInteger(left).compareTo(new BigInteger(right));
        }
        return leftIsNumber == rightIsNumber
                ? left.compareToIgnoreCase(right)
                : Boolean.compare(rightIsNumber, leftIsNumber);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ApplicationVersion that && sameRelease(that) && Objects.equals(edition, that.edition);
    }

    @Override
    public int hashCode() {
        return Objects.hash(edition, numbers, preRelease == null);
    }

    @Override
    public String toString() {
        return text;
    }
}

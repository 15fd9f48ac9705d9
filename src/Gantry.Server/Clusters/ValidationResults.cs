using System.Globalization;
using Gantry.Server.Api;

namespace Gantry.Server.Clusters;

/// <summary>Assigns the problems of a cluster's request to its pools and profiles.</summary>
internal static class ValidationResults
{
    private const string Pools = "spec.machinepoolconfig";
    private const string ProfilesField = "spec.profiles";

    /// <exception cref="ApiException">400 with the problems that belong to no pool and no profile.</exception>
    public static ValidationAnswer Of(ClusterEntity body, IReadOnlyList<FieldError> problems)
    {
        var elsewhere = problems.Where(one => !IsAt(one, Pools) && !IsAt(one, ProfilesField)).ToList();
        if (elsewhere.Count > 0)
        {
            throw ApiError.Invalid(elsewhere);
        }

        var pools = body.Spec?.MachinePoolConfig ?? [];
        var profiles = body.Spec?.Profiles ?? [];
        return new ValidationAnswer(
            new ConstraintResults([
                .. Group(problems, Pools, index => pools.ElementAtOrDefault(index)?.PoolConfig?.Name ?? "").Select(Result),
            ]),
            [
                .. Group(problems, ProfilesField, index => profiles.ElementAtOrDefault(index)?.Uid ?? "")
                    .Select(group => new ProfileConstraintResults(group.Key, new ConstraintResults([Result(group)]))),
            ]
        );
    }

    private static bool IsAt(FieldError problem, string field) => problem.Field.StartsWith(field, StringComparison.Ordinal);

    private static IEnumerable<IGrouping<string, FieldError>> Group(
        IReadOnlyList<FieldError> problems,
        string field,
        Func<int, string> name
    ) => problems.Where(one => IsAt(one, field)).GroupBy(one => name(IndexIn(one.Field, field)));

    private static int IndexIn(string field, string list) =>
        field.Length > list.Length
        && field[list.Length] == '['
        && int.TryParse(
            field.AsSpan(list.Length + 1, field.IndexOf(']', list.Length) - list.Length - 1),
            CultureInfo.InvariantCulture,
            out var index
        )
            ? index
            : -1;

    private static ConstraintResult Result(IGrouping<string, FieldError> group) =>
        new(
            group.Key,
            group.Key,
            [.. group.Select(one => new ConstraintError("ValidationFailed", $"{one.Field}: {one.Message}"))]
        );
}

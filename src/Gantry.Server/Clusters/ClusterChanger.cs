using Gantry.Server.Api;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>Makes a change of a cluster at once; the same changes can be planned.</summary>
public sealed class ClusterChanger(
    ClusterScope scope,
    ClusterDrafts drafts,
    ClusterStore store,
    Changes changes,
    TimeProvider time
)
{
    /// <param name="part">The place of the caller's request in the change: <c>machinePools[0].patch.</c>.</param>
    /// <exception cref="ApiException">Status 4xx; the cluster is not changed.</exception>
    public async Task<ChangeAnswer> ApplyAsync(string uid, ClusterChange change, string part, CancellationToken cancellationToken)
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetToChangeAsync(uid, change.Generation, cancellationToken);
        try
        {
            await store.StoreAsync(
                write,
                row,
                await drafts.ChangedAsync(row, change, time.NowInMilliseconds(), cancellationToken),
                cancellationToken
            );
        }
        catch (ApiException refused) when (refused.Status is StatusCodes.Status400BadRequest && refused.Details.Count > 0)
        {
            throw ApiError.Invalid([.. refused.Details.Select(problem => Within(problem, part))]);
        }

        await write.CommitAsync(cancellationToken);
        return new ChangeAnswer(row.Uid, row.Generation);
    }

    private static FieldError Within(FieldError problem, string part) =>
        problem.Field switch
        {
            var field when field.StartsWith(part, StringComparison.Ordinal) => problem with { Field = field[part.Length..] },
            var field when $"{field}." == part => problem with { Field = "body" },
            _ => problem,
        };
}

using Gantry.Api;

namespace Gantry.Cli.Api;

/// <summary>Finds one item of a list by name or uid.</summary>
public static class Named
{
    /// <returns>The uid of the item.</returns>
    public static string Find(string what, IEnumerable<ObjectMeta> items, string nameOrUid) =>
        Find(what, items.Select(item => new ObjectEntity(item.Name ?? "", item.Uid ?? "")), nameOrUid);

    /// <returns>The uid of the item.</returns>
    public static string Find(string what, IEnumerable<ObjectEntity> items, string nameOrUid)
    {
        var all = items.ToList();
        var matching = all.Where(item => item.Name == nameOrUid || item.Uid == nameOrUid).Select(item => item.Uid).ToList();
        return matching switch
        {
            [var only] => only,
            [] => throw new CliException(
                ExitCode.NotFound,
                $"{what} `{nameOrUid}` does not exist; existing: "
                    + $"{string.Join(", ", all.Select(item => item.Name).DefaultIfEmpty("none"))}"
            ),
            _ => throw new CliException(
                ExitCode.Refused,
                $"several {what}s are named `{nameOrUid}`; use the uid: {string.Join(", ", matching)}"
            ),
        };
    }
}

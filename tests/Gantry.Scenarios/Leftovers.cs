namespace Gantry.Scenarios;

/// <summary>What the lab says is still held: machines, addresses and DNS records that its seed does not have.</summary>
public static class Leftovers
{
    public static async Task<IReadOnlyList<string>> OfAsync(RunningGantry gantry)
    {
        var answer = await gantry.LabAsync("leftovers");
        return
        [
            .. answer.AsObject().SelectMany(kind => kind.Value!.AsArray().Select(item => $"{kind.Key}: {item!.ToJsonString()}")),
        ];
    }
}

namespace Gantry.Scenarios;

/// <summary>Machines, addresses and DNS records that are still held in the lab, beyond those of its seed.</summary>
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

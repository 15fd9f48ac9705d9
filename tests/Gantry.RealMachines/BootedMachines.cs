namespace Gantry.RealMachines;

/// <summary>Tests that boot machines run one after the other: machines share a bridge and its addresses.</summary>
[CollectionDefinition(nameof(BootedMachines), DisableParallelization = true)]
public sealed class BootedMachines
{
    /// <summary>Skips the test with the reason where no machine can be booted.</summary>
    public static async Task NeededAsync()
    {
        var lacks = Host.Lacks;
        try
        {
            if (lacks is null)
            {
                await MachineRoot.MadeAsync();
            }
        }
        catch (InvalidOperationException error)
        {
            lacks = $"needs the file system of the machines: {error.Message}";
        }

        Assert.SkipWhen(lacks is not null, lacks ?? "");
    }
}

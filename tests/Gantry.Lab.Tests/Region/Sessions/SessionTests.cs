using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Inventory;
using Gantry.Lab.Store;

namespace Gantry.Lab.Tests.Region.Sessions;

/// <summary>A lab region for one session.</summary>
public abstract class SessionTests : IAsyncLifetime
{
    protected static readonly string[] Everything = [];

    private protected LabRegionHost Lab { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Lab = await LabRegionHost.StartAsync(
            new LabRegionOptions
            {
                Inventory = new GeneratedInventory(1, 12, "127.85.0.0/16", 0)
                {
                    Keys = new LabKeys(null, "labconsumer1111111:labtoken1111111111:labsecret11111111111111111111111"),
                },
                Speed = 3000,
            },
            new MemoryLabStore(),
            null,
            TimeProvider.System,
            null,
            TestContext.Current.CancellationToken
        );

    public async ValueTask DisposeAsync()
    {
        await Lab.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

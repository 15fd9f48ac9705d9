using Gantry.Lab.Maas;

namespace Gantry.Lab.Maas.Inventory;

/// <summary>The initial state of a region.</summary>
public abstract class LabSeed
{
    internal void Fill(RegionState state)
    {
        Write(state);
        Leftovers.RememberSeed(state);
    }

    private protected abstract void Write(RegionState state);
}

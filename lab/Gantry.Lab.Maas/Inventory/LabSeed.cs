using Gantry.Lab.Maas;

namespace Gantry.Lab.Maas.Inventory;

/// <summary>What a region starts with.</summary>
public abstract class LabSeed
{
    internal void Fill(RegionState state)
    {
        Write(state);
        Leftovers.RememberSeed(state);
    }

    private protected abstract void Write(RegionState state);
}

using Gantry.Clusters.Model;

namespace Gantry.Engine.Steps;

/// <summary>Names of calls whose answer may be lost, as <see cref="InFlightCalls"/> keeps them.</summary>
internal static class CallKey
{
    /// <summary>What takes the node of the machine away.</summary>
    public static string Leave(SystemId machine) => $"leave {machine}";
}

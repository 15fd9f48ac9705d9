using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Engine.Steps;

/// <summary>Names of calls whose answer may be lost, as <see cref="InFlightCalls"/> keeps them.</summary>
internal static class CallKey
{
    /// <summary>What takes the node of the machine away.</summary>
    public static string Leave(SystemId machine) => $"leave {machine}";

    /// <summary>The installation of the machine.</summary>
    public static string Deploy(Member member) => $"deploy {member.Intent}";
}

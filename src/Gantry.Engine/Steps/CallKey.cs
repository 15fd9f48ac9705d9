using Gantry.Clusters.Model;

namespace Gantry.Engine.Steps;

/// <summary>Keys of calls in <see cref="InFlightCalls"/>.</summary>
internal static class CallKey
{
    /// <summary>The calls that remove the machine's node: cordon, drain, delete and the removal from etcd.</summary>
    public static string Removal(SystemId machine) => $"removal of {machine}";
}

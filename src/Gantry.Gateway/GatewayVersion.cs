using System.Reflection;

namespace Gantry.Gateway;

internal static class GatewayVersion
{
    public static string Text { get; } =
        typeof(GatewayVersion)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0]
        ?? "unknown";
}

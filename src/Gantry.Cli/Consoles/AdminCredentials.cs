using Gantry.Cli.Connection;
using Gantry.Cli.Hosting;
using Gantry.Cli.Terminal;
using Gantry.Cli.Up;
using Gantry.Server;

namespace Gantry.Cli.Consoles;

/// <summary>
/// Writes the local administrator's API key to the data folder, where the command line reads it. The password is shown on a
/// terminal, once, and kept nowhere: a log or a file would keep it in the clear.
/// </summary>
public static class AdminCredentials
{
    /// <param name="maas">The region, when the console runs beside a gateway.</param>
    /// <param name="isLab">Whether it is the lab's, whose key is no secret.</param>
    public static async Task<Credentials> EnsureAsync(
        DataFolder folder,
        ConsoleHost console,
        OwnMaas? maas,
        bool isLab,
        CliHost host,
        CancellationToken cancellationToken
    )
    {
        var known = Credentials.Read(folder.Path);
        var first = console.Bootstrap;
        if (first is null && known is null)
        {
            // The file was lost, or the first start ended before it was written.
            first = await console.ReissueAdminCredentialsAsync(cancellationToken);
        }

        var credentials = new Credentials
        {
            Url = console.Url.AbsoluteUri.TrimEnd('/'),
            ApiKey = first?.ApiKey ?? known!.ApiKey,
            CaFile = Path.GetFullPath(console.CaFile),
            AdminUser = first?.AdminEmail ?? known!.AdminUser,
            MaasUrl = maas?.Endpoint.ToString(),
            MaasKey = isLab ? maas?.Key.Reveal() : null,
        };
        credentials.Write(folder.Path);
        if ((first?.AdminPassword ?? known?.AdminPassword) is { } password)
        {
            host.Error.WriteLine(
                host.Interactive
                    ? Shown(credentials.AdminUser, password)
                    : $"the password of {credentials.AdminUser} is kept nowhere: `{ReissueCommand.Line}` issues one"
            );
        }

        return credentials;
    }

    /// <summary>Issues a new password and API key, and keeps the key where the last one was.</summary>
    /// <returns>The user and the password.</returns>
    public static async Task<(string User, string Password)> ReissueAsync(
        DataFolder folder,
        ConsoleHost console,
        CancellationToken cancellationToken
    )
    {
        var known = Credentials.Read(folder.Path);
        var again = await console.ReissueAdminCredentialsAsync(cancellationToken);
        var credentials = new Credentials
        {
            Url = known?.Url ?? console.Url.AbsoluteUri.TrimEnd('/'),
            ApiKey = again.ApiKey,
            CaFile = known?.CaFile ?? Path.GetFullPath(console.CaFile),
            AdminUser = again.AdminEmail,
            MaasUrl = known?.MaasUrl,
            MaasKey = known?.MaasKey,
        };
        credentials.Write(folder.Path);
        return (again.AdminEmail, again.AdminPassword);
    }

    public static string Shown(string user, string password) =>
        $"{user} signs in with the password {password} (shown once, kept nowhere)";
}

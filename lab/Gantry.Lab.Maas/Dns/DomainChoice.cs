using System.Globalization;

namespace Gantry.Lab.Maas.Dns;

/// <summary>The domain that a machine's or device's form names.</summary>
internal static class DomainChoice
{
    /// <param name="given">A name or id.</param>
    /// <exception cref="RegionFault">MAAS has a message for an unknown name only; an unknown id is a fault within.</exception>
    public static int Read(RegionState state, string given) =>
        state
            .Domains.All.FirstOrDefault(domain =>
                domain.Name == given || domain.Id.ToString(CultureInfo.InvariantCulture) == given
            )
            ?.Id
        ?? throw (
            int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out _)
                ? RegionFault.Text(500, "Domain matching query does not exist.")
                : RegionFault.Field("domain", $"Unable to find domain {given}")
        );
}
